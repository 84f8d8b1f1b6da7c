from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.explanation.explanation import ScoredSpan
from rag.explanation.shading import Mark, Shades, shade_passage
from rag.retrieval.hit import Passage

TEXT = "甲は<乙>。丙&丁。"
PASSAGE = Passage("a", 100, 100 + len(TEXT), TEXT, 1.0)


def span(start: int, end: int, score: float, *, document: str = "a") -> ScoredSpan:
    return ScoredSpan(document, start, end, "", score)


def shade(shades: Shades = Shades(), marks: list[Mark] | None = None) -> str:  # noqa: B008 - frozen
    return shade_passage(PASSAGE, shades, marks or [], share_label="{share}見た")


def test_plain_text_is_escaped() -> None:
    assert shade() == "甲は&lt;乙&gt;。丙&amp;丁。"


def test_sentences_hold_marks_and_marks_hold_words() -> None:
    shades = Shades(
        sentences=(span(100, 106, 0.8), span(106, 110, 0.2)),
        pieces=(span(100, 101, 0.4), span(103, 104, 0.6), span(106, 107, 0.1)),
    )
    assert shade(shades, [Mark("a", 102, 105, "answer")]) == (
        '<span class="sentence" style="--gaze:1.00" title="80 %見た">'
        '<span class="piece" style="--gaze:1.00">甲</span>は'
        '<mark class="answer">&lt;<span class="piece" style="--gaze:1.00">乙</span>&gt;</mark>。</span>'
        '<span class="sentence" style="--gaze:0.50" title="20 %見た"><span class="piece" style="--gaze:0.50">丙</span>'
        "&amp;丁。</span>"
    )


def test_a_mark_over_two_sentences_is_cut_in_two() -> None:
    shades = Shades(sentences=(span(100, 106, 1.0), span(106, 110, 1.0)))
    html = shade(shades, [Mark("a", 105, 107, "candidate")])
    assert re.findall(r"<mark.*?</mark>", html) == [
        '<mark class="candidate">。</mark>',
        '<mark class="candidate">丙</mark>',
    ]


def test_the_earlier_of_overlapping_marks_wins() -> None:
    html = shade(marks=[Mark("a", 103, 104, "answer"), Mark("a", 100, 110, "candidate"), Mark("a", 106, 107, "answer")])
    assert re.findall(r"<mark.*?</mark>", html) == ['<mark class="answer">乙</mark>', '<mark class="answer">丙</mark>']


def test_the_answer_does_not_set_the_scale_of_words() -> None:
    shades = Shades(pieces=(span(100, 101, 0.09), span(103, 104, 0.9), span(106, 107, 0.01)))
    answer = [Mark("a", 103, 104, "answer")]
    assert shades.find_strongest_piece(answer) == 0.09
    assert shades.find_strongest_piece([Mark("a", 103, 104, "agreed")]) == 0.09
    assert shades.find_strongest_piece([Mark("a", 103, 104, "accepted")]) == 0.9
    assert shades.find_strongest_piece([Mark("b", 103, 104, "answer"), Mark("a", 103, 104, "candidate")]) == 0.9
    assert re.findall(r"--gaze:([\d.]+)", shade(shades, answer)) == ["1.00", "1.00", "0.33"]


def test_what_nobody_could_see_gets_no_colour() -> None:
    assert shade(Shades(pieces=(span(100, 101, 1.0), span(101, 102, 0.009)))).count("piece") == 1


def test_shades_of_other_documents_and_places_are_left_out() -> None:
    shades = Shades(sentences=(span(0, 100, 0.5), span(100, 110, 0.5, document="b"), span(110, 120, 0.5)))
    assert shade(shades, [Mark("b", 100, 110, "answer")]) == shade()


def test_no_attention_is_no_colour() -> None:
    assert "--gaze:0.00" in shade(Shades(sentences=(span(100, 110, 0.0),), pieces=(span(100, 110, 0.0),)))


places = st.tuples(st.integers(90, 130), st.integers(90, 130)).map(sorted)


@given(
    text=st.text(min_size=1, max_size=20),
    sentences=st.lists(places, max_size=4),
    pieces=st.lists(places, max_size=6),
    marks=st.lists(places, max_size=4),
)
def test_the_text_survives_any_shading(
    text: str, sentences: list[list[int]], pieces: list[list[int]], marks: list[list[int]]
) -> None:
    passage = Passage("a", 100, 100 + len(text), text, 1.0)
    shades = Shades(
        sentences=tuple(span(start, end, 0.5) for start, end in sorted(sentences)),
        pieces=tuple(span(start, end, 0.5) for start, end in sorted(pieces)),
    )
    html = shade_passage(
        passage, shades, [Mark("a", start, end, "answer") for start, end in marks], share_label="{share}"
    )
    assert unescape_text(html) == text
    assert html.count("<span") == html.count("</span>")
    assert html.count("<mark") == html.count("</mark>")


def unescape_text(html: str) -> str:
    """Take the tags out; text between them stays as it was, also what `unescape` would read as an old entity."""
    plain = re.sub(r"<[^>]*>", "", html)
    return re.sub(r"&(amp|lt|gt|quot|#x27);", lambda entity: unescape(entity.group()), plain)


@pytest.mark.parametrize("hostile", ["<script>", "</span>", '" onmouseover="x', "'", "&lt;"])
def test_hostile_text_stays_text(hostile: str) -> None:
    passage = Passage("a", 0, len(hostile), hostile, 1.0)
    html = shade_passage(passage, Shades(sentences=(span(0, len(hostile), 1.0),)), [], share_label='{share}">')
    assert set(re.findall(r"<(/?\w+)", html)) == {"span", "/span"}
    assert 'title="100 %&quot;&gt;"' in html
    assert unescape_text(html) == hostile

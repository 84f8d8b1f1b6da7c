"""A generated answer on the page, made by hand from the evidence of the other tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rag.explanation.shading import Shades
from rag.library.records import Answer
from rag.reading.answer import Generated, Marker
from rag.ui.gaze import View, build_shades
from rag.ui.rendering import render_answer, render_conversation, render_passages, render_removal
from rag.ui.session import Exchange, Session
from rag.ui.words import load_words
from rag.ui.written import render_sources, render_written
from tests.ui.evidence import QUESTION, build_answer, build_exchange, build_explanation

JA = load_words("ja")
TEXT = "<二時>です[1]。夜です[2]。"


def build_written() -> Answer:
    answer = build_answer()
    markers = tuple(
        Marker(TEXT.index(f"[{number}]") + 1, TEXT.index(f"[{number}]") + 2, number - 1, span)
        for number, span in enumerate(answer.spans[:2], 1)
    )
    return replace(answer, text="<二時>です。夜です。", generated=Generated(TEXT, markers))


def test_citations_lead_to_their_passages() -> None:
    answer = build_written()
    assert answer.generated is not None
    html = render_written(answer.generated)
    one, two = (f'<a class="marker" href="#passage-{number}">{number}</a>' for number in (1, 2))
    assert html == f"&lt;二時&gt;です[{one}]。夜です[{two}]。"
    assert html in render_answer(build_exchange(answer), JA)
    passages = render_passages(build_exchange(answer), Shades(), "sentence", JA)
    assert 'id="passage-1"><header><span>[1] ' in passages
    assert 'id="passage-2"><header><span>[2] ' in passages
    assert passages.count('<mark class="answer">') == 3  # both sentences, and the legend


def test_cited_sentences_are_listed_once() -> None:
    answer = build_written()
    assert answer.generated is not None
    twice = replace(answer.generated, markers=answer.generated.markers * 2)
    html = render_sources(twice, build_exchange(answer).places, JA)
    assert html.count("<li>") == 2
    assert "[1] 午後二時" in html
    assert render_sources(Generated("甲"), (), JA) == ""
    page = render_answer(build_exchange(answer), JA)
    assert "根拠とした文" in page
    assert "ほかの候補" not in page


def test_removal_says_that_nothing_was_kept() -> None:
    assert "モデルの言葉" in render_removal(build_exchange(build_written()), JA)


def test_a_draft_is_shown_while_it_is_written() -> None:
    exchange = Exchange(QUESTION, draft="七<日")
    for html in (render_answer(exchange, JA), render_conversation(Session((exchange,), shown=0), JA)):
        assert '答えを書いています<span class="dots"></span><span class="draft">七&lt;日</span>' in html


def test_the_gaze_of_one_token_can_be_chosen() -> None:
    explanation = build_explanation()
    steps = np.eye(8, dtype=np.float32)[[2, 6]]
    tokens = replace(explanation.tokens, written=np.array([[0, 1], [1, 2]]), steps=steps)
    explained = replace(explanation, tokens=tokens)
    for token, place in ((1, 2), (2, 6)):
        pieces = build_shades(explained, View("word", token=token, layer=2, head=1)).pieces
        assert [piece.score for piece in pieces] == steps[token - 1].tolist()
        assert pieces[place].score == 1
    assert build_shades(explained, View(token=3)) == build_shades(explanation, View())
    assert build_shades(explained, View(token=1, rows="question")) == build_shades(explanation, View(rows="question"))

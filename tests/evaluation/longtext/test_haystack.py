"""Haystacks: every needle at its depth, every answer at its exact place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.longtext.gold import GoldPassage
from rag.evaluation.longtext.hay import HayText
from rag.evaluation.longtext.haystack import Decoy, Needle, build_haystack, choose_borders
from rag.text.sentences import split_sentences

PIECES = ["空は青い。", "𠮷野家で𩸽を食べた。", "が\u3099ぎょう。\n", "（注）👨‍👩‍👧がいる。", "ﾊﾟﾝ", "\n\n", "第１条　"]


def build_passage(number: int, before: str, answer: str, after: str) -> GoldPassage:
    start = 7 + number
    question = Question(f"q{number}", "d", "何", (GoldAnswer(answer, start + len(before)),))
    return GoldPassage(question, start, before + answer + after)


def pile(pieces: list[str]) -> HayText:
    borders = [0]
    for piece in pieces:
        borders.append(borders[-1] + len(piece))
    return HayText("".join(pieces), tuple(borders))


@given(
    st.lists(st.sampled_from(PIECES), max_size=30),
    st.lists(
        st.tuples(st.sampled_from(PIECES), st.text(min_size=1, max_size=5), st.sampled_from([*PIECES, ""]),
                  st.sampled_from([0, 25, 50, 75, 100])),
        min_size=1, max_size=6,
    ),
    st.lists(st.tuples(st.sampled_from(PIECES), st.floats(0, 100)), max_size=3),
)  # fmt: skip
def test_answers_are_where_they_are_said_to_be_at_every_depth(
    pieces: list[str], parts: list[tuple[str, str, str, int]], decoys: list[tuple[str, float]]
) -> None:
    needles = [Needle(build_passage(number, *part[:3]), part[3]) for number, part in enumerate(parts)]
    hay = pile(pieces)
    haystack = build_haystack(hay, needles, [Decoy(*decoy) for decoy in decoys])
    text = haystack.document.text
    assert len(text) == len(hay.text) + sum(4 + len(n.passage.text) for n in needles) + sum(
        4 + len(d[0]) for d in decoys
    )
    for number, (before, answer, after, _) in enumerate(parts):
        question = haystack.questions[f"q{number}"]
        (found,) = question.answers
        assert question.document_id == haystack.document.id
        assert text[found.start : found.end] == answer
        begin = found.start - len(before)
        assert text[begin - 2 : begin] == "\n\n"
        assert text[begin : found.end + len(after) + 2] == before + answer + after + "\n\n"


@pytest.mark.parametrize("depth", [0, 25, 50, 75, 100])
def test_a_needle_stands_at_its_depth_between_sentences(depth: int) -> None:
    hay = pile([f"{number:03d}番目の文である。" for number in range(200)])
    needle = Needle(build_passage(0, "社員の休暇は", "10日", "とする。"), depth)
    haystack = build_haystack(hay, [needle])
    place = haystack.document.text.index("社員") - 2
    assert abs(place - depth / 100 * len(hay.text)) <= 6
    sentences = [haystack.document.text[start:end] for start, end in split_sentences(haystack.document.text)]
    assert len(sentences) == 201
    assert "社員の休暇は10日とする。" in sentences


def test_several_needles_of_one_depth_stand_apart_and_stay_inside() -> None:
    borders = range(0, 100_001, 10)
    for depth in (0, 50, 100):
        chosen = sorted(choose_borders(borders, [depth] * 4))
        assert [after - before for before, after in pairwise(chosen)] == [800, 800, 800]
    assert choose_borders(borders, [0, 0, 100, 100, 50]) == [0, 800, 99_200, 100_000, 50_000]


def test_there_may_be_fewer_borders_than_needles() -> None:
    assert choose_borders([0], [0, 50, 100]) == [0, 0, 0]
    assert sorted(choose_borders([0, 10], [0, 0, 0])) in ([0, 0, 10], [0, 10, 10])

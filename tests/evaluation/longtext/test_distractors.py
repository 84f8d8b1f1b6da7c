"""Near-duplicates of gold passages: another answer of the same kind, about something else where that can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.longtext.distractors import DistractorPool, classify
from rag.evaluation.longtext.gold import GoldPassage


def build(number: int, text: str, asked: str, *answers: str) -> GoldPassage:
    found = tuple(GoldAnswer(answer, text.index(answer)) for answer in answers)
    return GoldPassage(Question(f"q{number}", "d", asked, found), 0, text)


HEAD = build(0, "青空商会の社員は三十二名である。", "青空商会の社員は何名ですか", "三十二名")
BOARD = build(1, "白雲商会の取締役は九名である。", "白雲商会の取締役は何名ですか", "九名")
CITY = build(2, "本店は札幌市にある。", "本社はどこにありますか", "札幌市")
TOWN = build(3, "支店は小樽市にある。", "出先はどこにありますか", "小樽市")
PRICE = build(4, "会費は五千円とする。", "会費はいくらですか", "五千円")
POOL = DistractorPool([each.question for each in (HEAD, BOARD, CITY, TOWN, PRICE)])


def test_answer_and_subject_are_replaced_by_those_of_another_question() -> None:
    (made,) = POOL.build(HEAD, count=3, avoid={"三十二名"}, seed=0)
    assert (made.answer, made.relation) == ("九名", "other_subject")
    assert "九名である。" in made.text
    assert "三十二名" not in made.text
    assert made.text != HEAD.text.replace("三十二名", "九名")


def test_without_a_subject_in_common_the_distractor_contradicts() -> None:
    (made,) = POOL.build(CITY, count=3, avoid={"札幌市"}, seed=0)
    assert (made.text, made.answer, made.relation) == ("本店は小樽市にある。", "小樽市", "contradiction")


def test_there_is_none_without_another_answer_of_the_kind() -> None:
    assert POOL.build(PRICE, count=3, avoid={"五千円"}, seed=0) == []


def test_what_would_hold_an_answer_asked_for_is_not_made() -> None:
    assert POOL.build(CITY, count=3, avoid={"札幌市", "小樽市"}, seed=0) == []


def test_all_accepted_answers_are_replaced_wherever_they_stand() -> None:
    passage = build(5, "休暇は十日。十日を超えない。十日間である。", "休みは何日か", "十日間", "十日")
    other = build(6, "期限は五日。", "期限は", "五日")
    (made,) = DistractorPool([passage.question, other.question]).build(
        passage, count=1, avoid={"十日間", "十日"}, seed=0
    )
    assert made.text == "休暇は五日。五日を超えない。五日である。"


def test_what_the_file_says_is_asked_for_counts_too() -> None:
    place, person = (
        replace(each, question=replace(each.question, kind=kind)) for each, kind in ((CITY, "place"), (TOWN, "person"))
    )
    assert DistractorPool([place.question, person.question]).build(place, count=1, avoid={"札幌市"}, seed=0) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("三十二名", "9人", True), ("五千円", "100万円", True), ("五千円", "五日", False), ("札幌市", "小樽市", True),
        ("札幌市", "三十二名", False), ("2045年頃", "昭和五年", True),
    ],
)  # fmt: skip
def test_kinds_of_answers(one: str, other: str, alike: bool) -> None:
    assert (classify(one) == classify(other)) is alike


def test_an_answer_without_words_has_no_kind() -> None:
    assert classify(" ") == ""

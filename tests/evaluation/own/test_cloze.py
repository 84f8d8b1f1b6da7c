"""Questions made of sentences: what they ask for stands where they say."""

from __future__ import annotations

import random

import pytest

from rag.evaluation.own.cloze import build_clozes

ALARM = "事故が起きた場合には、当番は直ちに所長に知らせなければならない。"
FOUNDING = "第三条　青空商会は、一九八二年に札幌市で三つの支店を開いた。"
SNOW = "雪で電車が止まったため、式典は翌週に延期された。"


def ask(sentence: str, *, times: int = 40) -> dict[str, set[str]]:
    """Return all questions made in many tries, by what they ask for."""
    found: dict[str, set[str]] = {}
    for seed in range(times):
        for cloze in build_clozes(sentence, random.Random(seed)):
            found.setdefault(sentence[cloze.start : cloze.end], set()).add(cloze.question)
    return found


@pytest.mark.parametrize(
    ("sentence", "answer", "question"),
    [
        (ALARM, "所長", "事故が起きた場合には、当番が直ちに知らせなければならないのは誰ですか"),
        (ALARM, "事故が起きた場合", "当番が所長に知らせなければならないのはどんなときですか"),
        (FOUNDING, "一九八二年", "青空商会は、いつ札幌市で三つの支店を開きましたか"),
        (FOUNDING, "札幌市", "青空商会が一九八二年に三つの支店を開いたのはどこですか"),
        (SNOW, "雪で電車が止まったため", "式典は翌週になぜ延期されましたか"),
    ],
)
def test_what_is_asked_for_is_the_answer(sentence: str, answer: str, question: str) -> None:
    assert question in {asked.rstrip("。") for asked in ask(sentence, times=300)[answer]}


@pytest.mark.parametrize("sentence", [ALARM, FOUNDING, SNOW])
def test_no_question_holds_its_answer(sentence: str) -> None:
    for answer, questions in ask(sentence).items():
        assert answer
        assert all(answer not in question for question in questions)


def test_numbering_is_not_asked_with() -> None:
    assert all("第三条" not in question for questions in ask(FOUNDING).values() for question in questions)


@pytest.mark.parametrize("sentence", ["", "。", "営業時間", "それはなぜですか。", "\0" * 20, "（" * 50])
def test_what_says_nothing_is_asked_nothing(sentence: str) -> None:
    assert list(build_clozes(sentence, random.Random(0))) == []

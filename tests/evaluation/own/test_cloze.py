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


CARD = "当番は社員証を読取機にかざして門に入る。"
LISTED = "会社は、桂島、野々島、塩竈港で木材48,000本を配った。"
DONE = "過去の受注明細書は、経理課の書庫係が紙で大切に保管する。"
GATHERED = "正社員と社員は、扉を開けた者に鍵を渡す。"


def list_questions(sentence: str) -> set[str]:
    return {question for questions in ask(sentence, times=150).values() for question in questions}


def test_a_verb_inside_stays_or_goes_with_what_it_governs() -> None:
    for question in list_questions(CARD):
        assert ("かざし" in question) or not ("社員証を" in question or "読取機に" in question)


def test_commas_of_lists_and_numbers_stay() -> None:
    questions = list_questions(LISTED)
    assert any("桂島、野々島、塩竈港で" in question for question in questions)
    assert all("桂島野々島" not in question and "000" not in question.replace("48,000", "") for question in questions)


def test_what_something_is_done_to_does_not_become_the_subject() -> None:
    questions = list_questions(DONE)
    assert any("明細書は" in question for question in questions)
    assert all("明細書が" not in question for question in questions)


def test_parts_of_compounds_are_not_said_otherwise() -> None:
    questions = list_questions(GATHERED)
    assert all("正会社の人" not in question for question in questions)


@pytest.mark.parametrize("sentence", ["", "。", "営業時間", "それはなぜですか。", "\0" * 20, "（" * 50])
def test_what_says_nothing_is_asked_nothing(sentence: str) -> None:
    assert list(build_clozes(sentence, random.Random(0))) == []

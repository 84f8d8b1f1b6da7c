"""Questions made of sentences: what they ask for stands where they say."""

from __future__ import annotations

import json
import lzma
import random
from pathlib import Path

import pytest

from rag.training.cloze import build_clozes, cut_passages, list_siblings, load_cloze_questions
from rag.training.corpus import PROSE_SHARES, TrainingQuestion

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


def test_passages_hold_whole_sentences_in_order() -> None:
    text = "\n".join(f"第{number}の倉庫は港の{number}番地にあり、鍵は当番が預かる。" * 3 for number in range(40))
    passages = cut_passages(text)
    assert all(250 <= len(passage) <= 700 for passage in passages)
    assert all(passage.endswith("。") for passage in passages)
    assert [text.index(passage) for passage in passages] == sorted(text.index(passage) for passage in passages)
    assert (
        "".join(passages).replace("\n", "")
        == text.replace("\n", "")[: sum(map(len, passages))][: len("".join(passages).replace("\n", ""))]
    )


def test_siblings_are_like_the_question_and_do_not_answer_it() -> None:
    texts = ["港の倉庫は北にある。", "港の倉庫の鍵は当番が預かる。", "食堂は正午に開く。", "港の倉庫は南にもある。"]
    questions = [TrainingQuestion("港の倉庫はどこにありますか", texts[0], "港", 0, 6, "北")] + [
        TrainingQuestion("食堂はいつ開きますか", texts[number], "港", number, 0, texts[number][:2])
        for number in (1, 2, 3)
    ]
    siblings = list_siblings(questions)[0]
    assert siblings[0] == 3
    assert set(siblings) <= {1, 2, 3}


def test_questions_of_prose_stand_in_their_passages(tmp_path: Path) -> None:
    (tmp_path / "pretrain").mkdir()
    for source in PROSE_SHARES:
        text = "\n".join(
            f"{source}の第{number}倉庫は、一九{number}年に札幌市の港で青空商会が開いた。"
            f"事故が起きた場合には、第{number}倉庫の当番は直ちに所長に知らせなければならない。" * 4
            for number in range(10, 40)
        )
        with lzma.open(tmp_path / "pretrain" / f"{source}.jsonl.xz", "wt", encoding="utf-8") as stream:
            for number in range(20):
                stream.write(json.dumps({"title": f"{source}{number}", "text": text}, ensure_ascii=False) + "\n")
    questions = load_cloze_questions(tmp_path, limit=None, seed=0)
    assert len(questions) > 100
    for question in questions:
        assert question.context[question.start : question.start + len(question.answer)] == question.answer
        assert question.answer not in question.question
    passages = {question.paragraph: question.context for question in questions}
    assert all(passages[question.paragraph] == question.context for question in questions)
    fewer = load_cloze_questions(tmp_path, limit=30, seed=0)
    assert len(fewer) == 30
    assert set(fewer) <= set(questions)

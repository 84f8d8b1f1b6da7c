"""Training questions of prose: each stands in its passage, beside passages that look like it."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

from rag.training.cloze import cut_passages, list_siblings, load_cloze_questions
from rag.training.corpus import PROSE_SHARES, TrainingQuestion


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

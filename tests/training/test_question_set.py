"""Questions of several origins in one training."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.training import question_set
from rag.training.corpus import TrainingQuestion
from rag.training.question_set import QuestionSet, load_synthetic_questions

FIRST = TrainingQuestion("支店はどこですか", "支店は函館市にある。", "青空", 4, 3, "函館市")
SECOND = TrainingQuestion("倉庫はどこですか", "倉庫は小樽市にある。", "白雲", 0, 3, "小樽市")
THIRD = TrainingQuestion("社員は何名ですか", "社員は九十名。", "白雲", 2, 3, "九十名")


def test_paragraphs_of_both_are_kept_apart() -> None:
    joined = QuestionSet([FIRST], [[1, 2]]).join(QuestionSet([SECOND, THIRD], [[2], [0]]))
    assert [question.paragraph for question in joined.questions] == [4, 5, 7]
    assert joined.negatives == [[1, 2], [7], [5]]
    assert QuestionSet([], []).join(QuestionSet([SECOND], [[2]])) == QuestionSet([SECOND], [[2]])


def test_articles_are_held_out_whole() -> None:
    questions = QuestionSet([FIRST, SECOND, THIRD], [[1], [2], [0]])
    assert questions.hold_out(every=2) == (QuestionSet([FIRST], [[1]]), QuestionSet([SECOND, THIRD], [[2], [0]]))
    assert questions.hold_out(every=3) == (questions, QuestionSet([], []))
    assert questions.thin(2) == questions
    assert questions.thin(1) == QuestionSet([FIRST], [[1]])


def test_made_questions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "synthetic.json.xz"
    monkeypatch.setattr(question_set, "load_cloze_questions", lambda data, limit, seed: [SECOND, THIRD][:limit])
    first = load_synthetic_questions(tmp_path, limit=2, seed=0, cache=cache)
    monkeypatch.setattr(question_set, "load_cloze_questions", None)
    assert load_synthetic_questions(tmp_path, limit=2, seed=0, cache=cache) == first
    assert [(each.question, each.paragraph, each.start, each.answer) for each in first.questions] == [
        ("倉庫はどこですか", 0, 3, "小樽市"),
        ("社員は何名ですか", 1, 3, "九十名"),
    ]
    assert load_synthetic_questions(tmp_path, limit=0, seed=0, cache=cache) == QuestionSet([], [])

"""Follow-up questions from files and from the samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import DatasetError
from rag.evaluation.datasets import GoldAnswer, load_followups, load_sample_conversations

TEXT = "正社員の試用期間は三箇月、契約社員の試用期間は六週間とする。"
LINE = {
    "id": "f1",
    "doc_id": "d1",
    "history": [{"question": "正社員の試用期間は", "answer": "三箇月"}],
    "question": "契約社員は？",
    "standalone": "契約社員の試用期間は",
    "answers": [{"text": "六週間", "answer_start": TEXT.index("六週間")}],
}


def write(folder: Path, **changes: object) -> tuple[Path, Path]:
    docs, followups = folder / "docs.jsonl", folder / "followups.jsonl"
    docs.write_text(json.dumps({"id": "d1", "title": "規程", "text": TEXT}), encoding="utf-8")
    followups.write_text(json.dumps(LINE | changes, ensure_ascii=False) + "\n", encoding="utf-8")
    return docs, followups


def test_a_line_becomes_a_question_with_its_conversation(tmp_path: Path) -> None:
    dataset = load_followups(*write(tmp_path))
    (followup,) = dataset.followups
    assert (followup.question.id, followup.question.text) == ("f1", "契約社員は？")
    assert followup.question.answers == (GoldAnswer("六週間", 23),)
    assert dataset.documents[followup.question.document_id].text == TEXT
    assert followup.history == (("正社員の試用期間は", "三箇月"),)
    assert followup.standalone == "契約社員の試用期間は"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"history": []}, r"jsonl:1: expected at least one turn in 'history'"),
        ({"history": [{"question": "一"}]}, r"jsonl:1\.history\[0\]: expected an object with 'answer' as str"),
        ({"history": "一"}, r"jsonl:1: expected an object with 'history' as list"),
        ({"doc_id": "d2"}, r"jsonl:1: doc_id 'd2' is not in .*such as d1"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_followups(*write(tmp_path, **changes))


def test_fingerprint_follows_history_and_full_question(tmp_path: Path) -> None:
    changes: list[dict[str, object]] = [{}, {"standalone": "別"}, {"question": "パートは？"}]
    changes.append({"history": [{"question": "正社員の試用期間は", "answer": "三月"}]})
    assert len({load_followups(*write(tmp_path, **change)).fingerprint for change in changes}) == 4
    assert load_followups(*write(tmp_path)).fingerprint == load_followups(*write(tmp_path)).fingerprint


def test_the_samples_are_a_dataset() -> None:
    dataset = load_sample_conversations()
    assert len(dataset.followups) == 42
    for followup in dataset.followups:
        text = dataset.documents[followup.question.document_id].text
        assert all(text[answer.start : answer.end] == answer.text for answer in followup.question.answers)

"""The reader alone: exact figures on hand-made SQuAD files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DatasetError
from rag.evaluation.reading import evaluate_reading
from tests.evaluation.fake_reader import FakeReader

LEAVE, MEAL = "年次有給休暇は10日とする。", "定食は六百八十円です。"
Entry = tuple[str, str, Sequence[str]]
"""Context, question and accepted answers."""
ENTRIES: list[Entry] = [
    (LEAVE, "有給は何日か", ["10日"]),
    (LEAVE, "何の休暇か", ["年次有給休暇", "有給休暇"]),
    (MEAL, "定食はいくらか", ["六百八十円"]),
]


def write_squad(path: Path, entries: Sequence[Entry]) -> Path:
    paragraphs = [
        {
            "context": context,
            "qas": [
                {
                    "id": f"q{number}",
                    "question": question,
                    "answers": [{"text": text, "answer_start": context.index(text)} for text in accepted],
                }
            ],
        }
        for number, (context, question, accepted) in enumerate(entries, 1)
    ]
    path.write_text(json.dumps({"data": [{"title": "規程", "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


def evaluate(path: Path, entries: Sequence[Entry], reader: FakeReader, **options: Any) -> tuple[Mapping[str, Any], Any]:
    report = evaluate_reading([write_squad(path / "dev.json", entries)], reader, **options)
    assert report.figures["seconds"] >= 0  # type: ignore[operator]
    return {key: value for key, value in report.figures.items() if key != "seconds"}, report.rows


def test_figures_are_means_in_percent(tmp_path: Path) -> None:
    reader = FakeReader({"有給は何日か": "10日", "何の休暇か": "休暇", "定食はいくらか": "です"})
    figures, rows = evaluate(tmp_path, ENTRIES, reader)
    # "休暇" has 2 of the 4 characters of 有給休暇: F1 2/3.
    assert figures == {"exact_match": pytest.approx(100 / 3), "f1": pytest.approx(100 * (1 + 2 / 3 + 0) / 3), "n": 3}
    assert [row["exact_match"] for row in rows] == [1, 0, 0]
    assert rows[1] == {
        "id": "q2", "question": "何の休暇か", "gold": ("年次有給休暇", "有給休暇"), "prediction": "休暇",
        "exact_match": 0.0, "f1": pytest.approx(2 / 3), "no_answer": False, "confidence": 0.75, "answerability": 1.0,
    }  # fmt: skip


def test_each_question_is_read_from_its_own_paragraph(tmp_path: Path) -> None:
    reader = FakeReader({})
    evaluate(tmp_path, ENTRIES, reader)
    assert reader.seen == [("有給は何日か", (LEAVE,)), ("何の休暇か", (LEAVE,)), ("定食はいくらか", (MEAL,))]


def test_where_all_questions_have_answers_the_best_span_counts(tmp_path: Path) -> None:
    reader = FakeReader({"有給は何日か": "10日"}, {"有給は何日か": -1.0})
    figures, (row,) = evaluate(tmp_path, ENTRIES[:1], reader)
    assert figures == {"exact_match": 100, "f1": 100, "n": 1}
    assert (row["prediction"], row["no_answer"], row["answerability"]) == ("10日", True, -1.0)


def test_where_some_have_none_saying_so_is_the_empty_answer(tmp_path: Path) -> None:
    entries = [*ENTRIES[:1], (LEAVE, "定休日はいつか", []), (MEAL, "席は幾つか", [])]
    told = {"有給は何日か": "10日", "定休日はいつか": "10日", "席は幾つか": "定食"}
    figures, rows = evaluate(tmp_path, entries, FakeReader(told, {"有給は何日か": -1.0, "定休日はいつか": -1.0}))
    assert [(row["prediction"], row["exact_match"]) for row in rows] == [("", 0), ("", 1), ("定食", 0)]
    assert (figures["exact_match"], figures["f1"], figures["n"]) == (pytest.approx(100 / 3), pytest.approx(100 / 3), 3)


def test_where_some_have_none_the_confidence_is_measured(tmp_path: Path) -> None:
    entries = [*ENTRIES[:1], (LEAVE, "定休日はいつか", []), (MEAL, "席は幾つか", []), (MEAL, "何が出るか", ["定食"])]
    told = {"有給は何日か": "は10日", "席は幾つか": "定食", "何が出るか": "定食"}
    sure = {"有給は何日か": 0.95, "定休日はいつか": 0.85, "席は幾つか": 0.15, "何が出るか": 0.45}
    figures, rows = evaluate(tmp_path, entries, FakeReader(told, {}, sure))
    # Right are "は10日" with an F1 of 6/7, "no answer" where there is none, and "定食"; wrong is "定食" for seats.
    assert [(row["no_answer"], row["f1"]) for row in rows] == [
        (False, pytest.approx(6 / 7)), (True, 1), (False, 0), (False, 1),
    ]  # fmt: skip
    assert figures["expected_calibration_error"] == pytest.approx((0.05 + 0.15 + 0.15 + 0.55) / 4)
    assert figures["risk_coverage_area"] == pytest.approx((0 + 0 + 0 + 1 / 4) / 4)
    assert figures["risk_at_coverage"] == {
        "0.1": 0, "0.2": 0, "0.3": 0, "0.4": 0, "0.5": 0, "0.6": 0, "0.7": 0, "0.8": 0.25, "0.9": 0.25, "1.0": 0.25,
    }  # fmt: skip


def test_a_limit_does_not_change_what_saying_no_means(tmp_path: Path) -> None:
    entries = [*ENTRIES[:1], (MEAL, "席は幾つか", [])]
    figures, _ = evaluate(tmp_path, entries, FakeReader({"有給は何日か": "10日"}, {"有給は何日か": -1.0}), limit=1)
    assert (figures["exact_match"], figures["f1"], figures["n"]) == (0, 0, 1)


@pytest.mark.parametrize(("rule", "expected"), [("plain", 100), ("jsquad", 0), ("jaquad", 0)])
def test_the_rule_decides_what_is_the_same(tmp_path: Path, rule: str, expected: float) -> None:
    figures, _ = evaluate(
        tmp_path, [("「休暇」は10日。", "何が10日か", ["「休暇」"])], FakeReader({"何が10日か": "休暇"}), rule=rule
    )
    assert figures["exact_match"] == expected


def test_progress_and_limit(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    evaluate(tmp_path, ENTRIES, FakeReader({}), limit=2, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize("limit", [None, 0])
def test_no_question_is_refused(tmp_path: Path, limit: int | None) -> None:
    path = write_squad(tmp_path / "leer.json", [] if limit is None else ENTRIES)
    with pytest.raises(DatasetError, match=r"leer.json: expected at least one question, found none"):
        evaluate_reading([path], FakeReader({}), limit=limit)

"""The whole way, with an encoder and a reader that need no model: exact figures over a few documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.config.settings import Settings
from rag.errors import DatasetError
from rag.evaluation.answers import evaluate_answers
from rag.evaluation.rows import Report
from rag.library.library import Library
from rag.library.records import Answer
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder

LEAVE = "第1条 年次有給休暇は10日とする。"
MEAL = "定食は六百八十円です。"
SETTINGS = Settings(size=1500, stride=1500, mode="lexical")
FILLER = "空は青い。"


def fill(text: str, size: int, *, at: int = 0) -> str:
    """Put a text at a place among sentences that say nothing."""
    before = (FILLER * size)[:at]
    return before + text + (FILLER * size)[: size - at - len(text)]


def write_lines(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def evaluate(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    texts: Sequence[str],
    questions: Sequence[tuple[int, str, str]],
    reader: FakeReader,
    **options: Any,
) -> Report:
    """Ask questions, each with the number of its document and its answer ("" for none); `marks` are added to them."""
    marks = options.pop("marks", {})
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)
    docs = [{"id": f"d{number}", "title": f"文書{number}", "text": text} for number, text in enumerate(texts)]
    asked = [
        {
            "id": f"q{number}",
            "doc_id": f"d{document}",
            "question": question,
            "kind": "数",
            **marks.get(question, {}),
            "answers": [{"text": answer, "answer_start": texts[document].index(answer)}] if answer else [],
        }
        for number, (document, question, answer) in enumerate(questions)
    ]
    paths = write_lines(folder / "docs.jsonl", docs), write_lines(folder / "questions.jsonl", asked)
    return evaluate_answers(*paths, options.pop("settings", SETTINGS), **options)


QUESTIONS = [(0, "有給休暇は", "10日"), (1, "定食は", "六百八十円"), (1, "定食の席は", ""), (0, "休暇の届は", "")]


def test_figures_over_answerable_and_unanswerable_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"有給休暇は": "10日", "定食は": "八十円", "定食の席は": "定食", "休暇の届は": "第1条"}
    sure = {"有給休暇は": 4.0, "定食は": 2.0, "定食の席は": 3.0, "休暇の届は": -1.0}
    confidence = {"有給休暇は": 0.9, "定食は": 0.8, "定食の席は": 0.6, "休暇の届は": 0.7}
    report = evaluate(tmp_path, monkeypatch, [LEAVE, MEAL], QUESTIONS, FakeReader(told, sure, confidence))
    figures = dict(report.figures)
    assert figures.pop("seconds_per_question") > 0  # type: ignore[operator]
    # "八十円" has 3 of 5 characters: precision 1, recall 3/5. Three of four pairs are in the right order.
    assert figures == {
        "exact_match": 50.0, "f1": pytest.approx(100 * (1 + 0.75) / 2), "answer_recall@5": 1.0,
        "answer_recall@2000c": 1.0, "unanswerable_auc": 0.75, "n": 4,
        # Right, wrong (F1 0.75), right ("no answer"), wrong: in the order of confidence.
        "expected_calibration_error": pytest.approx((0.1 + 0.8 + 0.3 + 0.6) / 4),
        "risk_coverage_area": pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4),
        "risk_at_coverage": {
            "0.1": 0, "0.2": 0, "0.3": 0.5, "0.4": 0.5, "0.5": 0.5, "0.6": pytest.approx(1 / 3),
            "0.7": pytest.approx(1 / 3), "0.8": 0.5, "0.9": 0.5, "1.0": 0.5,
        },
    }  # fmt: skip
    assert [(row["prediction"], row["no_answer"]) for row in report.rows] == [
        ("10日", False), ("八十円", False), ("定食", False), ("", True),
    ]  # fmt: skip
    row = {key: value for key, value in report.rows[3].items() if key != "seconds"}
    assert row == {
        "id": "q3", "kind": "数", "paraphrase": "", "question": "休暇の届は", "gold": (), "prediction": "",
        "exact_match": 1.0, "f1": 1.0, "no_answer": True, "confidence": 0.7, "answerability": -1.0,
        "candidates": ("第1条",), "rank": None, "within_budget": False,
    }  # fmt: skip


def test_questions_are_grouped_by_how_far_they_are_worded_from_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "値段" stands nowhere; "休暇の届は" has no answer and "何日の休暇" no degree: they count in no group.
    questions = [*QUESTIONS[:2], (1, "値段", "六百八十円"), (0, "何日の休暇", "10日"), QUESTIONS[3]]
    degrees = {"有給休暇は": "low", "定食は": "high", "値段": "high", "休暇の届は": "low"}
    report = evaluate(
        tmp_path, monkeypatch, [LEAVE, MEAL], questions, FakeReader({"有給休暇は": "10日", "定食は": "八十円"}),
        marks={question: {"paraphrase": degree} for question, degree in degrees.items()},
    )  # fmt: skip
    assert report.figures["paraphrase"] == {
        "low": {"n": 1, "exact_match": 100, "f1": 100, "answer_recall@5": 1, "answer_recall@2000c": 1},
        "high": {
            "n": 2,
            "exact_match": 0,
            "f1": pytest.approx(37.5),
            "answer_recall@5": 0.5,
            "answer_recall@2000c": 0.5,
        },
    }
    assert [row["paraphrase"] for row in report.rows] == ["low", "high", "high", "", "low"]


def test_refusing_an_answerable_question_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FakeReader({"有給休暇は": "10日"}, {"有給休暇は": -1.0})
    report = evaluate(tmp_path, monkeypatch, [LEAVE], QUESTIONS[:1], reader)
    assert (report.figures["exact_match"], report.figures["f1"], report.figures["unanswerable_auc"]) == (0, 0, None)
    assert (report.rows[0]["prediction"], report.rows[0]["candidates"]) == ("", ("10日",))


@pytest.mark.parametrize(
    ("place", "within"), [(100, True), (797, True), (798, False), (1100, False)], ids=["early", "just", "cut", "late"]
)
def test_the_budget_ends_in_the_middle_of_a_hit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, within: bool
) -> None:
    # The first document names the word more often and takes 1,200 of 2,000 characters.
    texts = [fill("休暇、休暇、休暇、休暇。", 1200), fill("休暇10日。", 1200, at=place - 2)]
    report = evaluate(tmp_path, monkeypatch, texts, [(1, "休暇は", "10日")], FakeReader({}))
    (row,) = report.rows
    assert texts[1][place : place + 3] == "10日"
    assert (row["rank"], row["within_budget"]) == (2, within)
    assert (report.figures["answer_recall@5"], report.figures["answer_recall@2000c"]) == (1, float(within))


def test_an_answer_cut_by_every_window_is_not_recalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "休暇" * 4 + "あいうえおかきくけこ" + "休暇" * 4
    settings = Settings(size=13, stride=13, mode="lexical")
    report = evaluate(
        tmp_path, monkeypatch, [text], [(0, "休暇", "あいうえおかきくけこ")], FakeReader({}), settings=settings
    )
    assert report.rows[0]["rank"] is None
    assert report.figures["answer_recall@2000c"] == 0


def test_a_right_answer_of_another_document_is_no_hit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [fill("休暇、休暇は10日。", 200), fill("休暇は10日。", 200)]
    report = evaluate(tmp_path, monkeypatch, texts, [(1, "休暇は", "10日")], FakeReader({"休暇は": "10日"}))
    assert (report.rows[0]["rank"], report.rows[0]["exact_match"]) == (2, 1)


def test_few_hits_are_filled_up_for_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [fill("休暇、" * (9 - number), 200) for number in range(6)] + [fill("休暇10日。", 200)]
    settings = Settings(size=400, stride=400, mode="lexical", hits=2)
    report = evaluate(tmp_path, monkeypatch, texts, [(6, "休暇は", "10日")], FakeReader({}), settings=settings)
    assert (report.rows[0]["rank"], report.rows[0]["within_budget"]) == (7, True)
    assert report.figures["answer_recall@5"] == 0


def test_progress_and_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []
    report = evaluate(
        tmp_path, monkeypatch, [LEAVE, MEAL], QUESTIONS, FakeReader({}), limit=3,
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    assert (calls, report.figures["n"]) == ([(done, 5) for done in range(1, 6)], 3)  # two documents come first


@pytest.mark.parametrize("questions", [[], QUESTIONS[2:]], ids=["none", "unanswerable only"])
def test_no_answerable_question_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, questions: list[tuple[int, str, str]]
) -> None:
    with pytest.raises(DatasetError, match=r"questions.jsonl: expected at least one question with an answer"):
        evaluate(tmp_path, monkeypatch, [LEAVE, MEAL], questions, FakeReader({}))


def test_a_trace_places_every_answer_and_explains_only_wrong_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained: list[str] = []

    def explain(library: Library, answer: Answer) -> Answer:
        explained.append(answer.question)
        return answer

    monkeypatch.setattr(Library, "explain", explain)
    told = {"有給休暇は": "10日", "定食は": "八十円", "定食の席は": "定食"}
    folder = tmp_path / "new" / "trace"
    report = evaluate(tmp_path, monkeypatch, [LEAVE, MEAL], QUESTIONS, FakeReader(told), trace=folder)
    counts = report.figures["trace"]
    assert isinstance(counts, dict)
    assert {name: count for name, count in counts.items() if count} == {
        "right": 1, "right_refusal": 1, "boundary": 1, "wrongly_answered": 1,
    }  # fmt: skip
    assert explained == ["定食は", "定食の席は"]
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["fate"], row["trace_rank"], row["passage"]) for row in rows] == [
        ("q0", "right", 1, 1), ("q1", "boundary", 1, 1), ("q2", "wrongly_answered", None, None),
        ("q3", "right_refusal", None, None),
    ]  # fmt: skip
    assert [dict(row, gold=list(row["gold"]), candidates=list(row["candidates"])) for row in report.rows] == rows  # type: ignore[call-overload]
    assert "定食の席は" in (folder / "index.html").read_text(encoding="utf-8")


def test_an_answer_not_retrieved_is_looked_for_further_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Library, "explain", lambda library, answer: answer)
    texts = [fill("休暇、" * (20 - number), 300) for number in range(12)] + [fill("休暇10日。", 300)]
    settings = Settings(size=400, stride=400, mode="lexical", hits=2)
    report = evaluate(
        tmp_path, monkeypatch, texts, [(12, "休暇は", "10日")], FakeReader({"休暇は": "空"}), settings=settings,
        trace=tmp_path,
    )  # fmt: skip
    (row,) = report.rows
    assert (row["fate"], row["rank"], row["trace_rank"]) == ("not_retrieved", None, 13)


def test_a_trace_that_cannot_be_written_is_told_before_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(Library, "ask", lambda library, question: pytest.fail("asked"))
    with pytest.raises(DatasetError, match=r"file: cannot be made .* give another folder"):
        evaluate(tmp_path, monkeypatch, [LEAVE], QUESTIONS[:1], FakeReader({}), trace=tmp_path / "file")

"""The needle test from end to end, with a reader that says what it was told to say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.documents.document import Document
from rag.evaluation.datasets import Dataset, GoldAnswer, Question
from rag.evaluation.experiment.run_folder import read_run
from rag.evaluation.longtext.hay import Hay
from rag.evaluation.longtext.needle import evaluate_needle
from rag.evaluation.longtext.needle_grid import NeedleGrid
from rag.evaluation.rows import Report, Row
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder

LEAVE = "就業規則を定める。年次有給休暇は十日とする。届は課長に出す。"
MEAL = "食堂は二階にある。定食は六百八十円である。席は三十ある。"
HAY = Hay([Document("h", "", "".join(f"{number}番の丘の上の空は今日も青い。\n" for number in range(400)), "h")])
SETTINGS = Settings(size=120, stride=60, mode="lexical")
GRID = NeedleGrid(lengths=(400, 2000), depths=(0, 50, 100), distractors=1, reader_characters=500)
TOLD = {"有給休暇は": "十日", "定食は": "食堂"}


def ask(number: int, text: str, question: str, answer: str) -> Question:
    found = (GoldAnswer(answer, text.index(answer)),) if answer else ()
    return Question(f"q{number}", f"d{number}", question, found)


DATASET = Dataset(
    {"d0": Document("d0", "規則", LEAVE, "d0"), "d1": Document("d1", "食堂", MEAL, "d1")},
    (ask(0, LEAVE, "有給休暇は", "十日"), ask(1, MEAL, "定食は", "六百八十円"), ask(1, MEAL, "席の色は", "")),
)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    reader = FakeReader(TOLD)
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)
    return reader


def select(rows: Sequence[Row], **where: object) -> list[Row]:
    return [row for row in rows if all(row.get(name) == value for name, value in where.items())]


def evaluate(
    folder: Path,
    grid: NeedleGrid = GRID,
    dataset: Dataset = DATASET,
    hay: Hay | None = HAY,
    settings: Settings = SETTINGS,
) -> Report:
    return evaluate_needle(dataset, settings, hay=hay, grid=grid, out=folder / "run")


def test_rows_hold_search_reader_and_the_whole(tmp_path: Path, reader: FakeReader) -> None:
    report = evaluate(tmp_path)
    assert len(select(report.rows, condition="plain")) == 2 * 2 * 3
    assert len(select(report.rows, condition="absent")) == 2 * 2
    for row in report.rows:
        length = row["length"]
        assert isinstance(length, int)
        assert length - 60 <= row["characters"] <= length  # type: ignore[operator]
        assert ("reader_f1" in row) is (length == 400)
    for row in select(report.rows, question="q0", condition="plain"):
        assert (row["recall_5"], row["recall_2000c"], row["rank"]) == (1, 1, 1)
        assert (row["f1"], row["exact"], row["refused"], row["false_answer"]) == (1, 1, 0, 0)
    for row in select(report.rows, question="q1", condition="plain"):
        assert (row["prediction"], row["f1"], row["exact"], row["false_answer"]) == ("食堂", 0, 0, 1)
    for row in select(report.rows, condition="absent"):
        assert (row["depth"], row["f1"], row["recall_5"], row["start"]) == (None, None, None, None)
        assert (row["refused"], row["false_answer"]) == (1, 0)


def test_the_reader_alone_reads_the_whole_haystack(tmp_path: Path, reader: FakeReader) -> None:
    report = evaluate(tmp_path, NeedleGrid(lengths=(400,), depths=(50,), distractors=0, reader_characters=500))
    (row,) = select(report.rows, question="q0", condition="plain")
    read = [texts[0] for question, texts in reader.seen if question == "有給休暇は" and len(texts) == 1]
    (whole,) = [text for text in read if len(text) == row["characters"]]
    assert whole[row["start"] :].startswith("十日")  # type: ignore[misc]
    assert (row["reader_f1"], row["reader_refused"]) == (1, 0)


def test_an_answer_where_there_is_none_is_false(tmp_path: Path, reader: FakeReader) -> None:
    reader.answers = {"有給休暇は": "丘", "定食は": "丘"}
    rows = select(evaluate(tmp_path).rows, condition="absent")
    # No word of the questions stands in the hay, so that search finds nothing to be read; the reader alone reads on.
    assert [(row["length"], row["false_answer"], row.get("reader_false_answer")) for row in rows] == [
        (400, 0, 1), (400, 0, 1), (2000, 0, None), (2000, 0, None),
    ]  # fmt: skip


def test_a_refusal_scores_nothing_but_its_candidate_does(tmp_path: Path, reader: FakeReader) -> None:
    reader.answerability = {"有給休暇は": -1.0}
    rows = select(evaluate(tmp_path).rows, question="q0", condition="plain")
    assert {(row["f1"], row["refused"], row["false_answer"], row["candidate_f1"]) for row in rows} == {(0, 1, 0, 1)}


def test_distractors_lead_astray_where_the_reader_takes_their_answer(tmp_path: Path, reader: FakeReader) -> None:
    other = "寮の食堂は一階にある。朝食は三百円である。"
    dataset = Dataset(
        {**DATASET.documents, "d2": Document("d2", "寮", other, "d2")},
        (*DATASET.questions[:2], ask(2, other, "朝食は", "三百円")),
    )
    reader.answers = {"定食は": "三百円", "朝食は": "三百円"}
    grid = NeedleGrid(lengths=(2000,), depths=(0,), distractors=1, needles=1)
    everything = Settings(size=120, stride=60, mode="dense", hits=99, passages=99)
    report = evaluate(tmp_path, grid, dataset, settings=everything)
    rows = {row["question"]: row for row in select(report.rows, condition="distractors")}
    assert rows.keys() == {"q1", "q2"}  # nothing else is a number of days
    assert (rows["q1"]["misled"], rows["q1"]["prediction"], rows["q1"]["decoys"]) == (1, "三百円", 1)
    assert (rows["q2"]["misled"], rows["q2"]["f1"]) == (0, 1)
    assert report.figures["misled 2000"] == 0.5


def test_the_other_documents_are_the_hay_where_there_is_none(tmp_path: Path, reader: FakeReader) -> None:
    dataset = Dataset({**DATASET.documents, "h": HAY.documents[0]}, DATASET.questions)
    report = evaluate(tmp_path, dataset=dataset, hay=None)
    assert {row["needles"] for row in report.rows} == {1, 0, 2}
    assert read_run(tmp_path / "run")["settings"]["hay"] is None  # type: ignore[index]


def test_figures_findings_and_page(tmp_path: Path, reader: FakeReader) -> None:
    report = evaluate(tmp_path)
    assert (report.figures["f1 400"], report.figures["recall@5 2000"], report.figures["exact 2000"]) == (0.5, 1, 0.5)
    assert (report.figures["reader_f1 400"], report.figures["false_answers_absent 2000"]) == (0.5, 0)
    assert report.findings["深さ F1 / depth"] == "両端 0.50、あいだ 0.50、差 +0.00 [+0.00, +0.00]"
    assert report.findings["長さ recall@5 / length"] == "400 字 1.00、2,000 字 1.00、差 +0.00 [+0.00, +0.00]"
    page = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    for name in ("recall", "f1", "false_answers", "seconds", "reader_f1"):
        assert (tmp_path / "run" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "読解だけ" in page


def test_a_stopped_run_goes_on(tmp_path: Path, reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate(tmp_path)
    path = tmp_path / "run" / "rows.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:5]), encoding="utf-8")
    again = evaluate(tmp_path)
    timed = ("seconds", "search_seconds", "reader_seconds")
    assert [{n: v for n, v in row.items() if n not in timed} for row in again.rows] == [
        {n: v for n, v in row.items() if n not in timed} for row in whole.rows
    ]

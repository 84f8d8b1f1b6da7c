"""Faithfulness over a small dataset, with the shipped models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rag.config.settings import Settings
from rag.errors import ArgumentError
from rag.evaluation.datasets import Dataset, load_long_documents
from rag.evaluation.faithfulness.evaluation import evaluate_faithfulness
from rag.evaluation.faithfulness.study import CONDITIONS, FIGURES, _build_masks
from rag.evaluation.rows import Report
from tests.reading.tiny_generative import build_llama

RULES = (
    "第1章 休暇\n年次有給休暇は、入社から六か月で十日とします。休暇は三日前までに課長に届け出ます。"
    "課長は業務に差し支えるときだけ日を改めさせます。\n第2章 食堂\n食堂は正午に開きます。定食は六百八十円です。"
    "支払いは社員証でします。現金は使えません。\n"
)
ASKED = {"年次有給休暇は何日ですか": "十日", "定食はいくらですか": "六百八十円"}
METHODS = ("mean", "removal", "random")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("faithfulness")
    (folder / "docs.jsonl").write_text(json.dumps({"id": "d", "title": "規則", "text": RULES}) + "\n", "utf-8")
    lines = [
        {
            "id": str(number),
            "doc_id": "d",
            "question": question,
            "answers": [{"text": answer, "answer_start": RULES.index(answer)}],
        }
        for number, (question, answer) in enumerate(ASKED.items())
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return load_long_documents(folder / "docs.jsonl", folder / "questions.jsonl")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def report(dataset: Dataset, run: Path) -> Report:
    return evaluate_faithfulness(dataset, Settings(), methods=METHODS, out=run)


def test_every_method_has_every_figure(report: Report) -> None:
    assert report.figures["n"] == 2
    methods = report.figures["methods"]
    assert tuple(methods) == METHODS
    for figures in methods.values():
        assert set(FIGURES) <= set(figures)
        assert figures["seconds"] > 0


def test_removal_agrees_with_itself_and_finds_most(report: Report) -> None:
    methods = report.figures["methods"]
    assert methods["removal"]["kendall"] == pytest.approx(1.0)
    assert methods["removal"]["drop@1"] >= methods["mean"]["drop@1"]
    assert methods["removal"]["drop@1"] > methods["random"]["drop@1"]


def test_all_conditions_and_intervals_are_there(report: Report) -> None:
    assert tuple(report.figures["conditions"]) == tuple(condition.name for condition in CONDITIONS)
    for condition in CONDITIONS:
        against = report.figures["against"][condition.name]
        assert set(against) == {"removal", "random"}
        for interval in against.values():
            assert interval["low"] <= interval["difference"] <= interval["high"]


def test_the_cost_of_the_check_stands_beside_that_of_the_answer(report: Report) -> None:
    assert report.figures["check"]["seconds"] > 0
    assert report.figures["check"]["answer_seconds"] > 0
    assert report.figures["check"]["seconds"] == pytest.approx(np.mean([row["explain_seconds"] for row in report.rows]))


def test_rows_tell_question_and_answer(report: Report) -> None:
    assert [(row["question"], row["answer"]) for row in report.rows] == list(ASKED.items())


def test_a_run_that_is_done_is_read_and_not_measured_again(report: Report, dataset: Dataset, run: Path) -> None:
    again = evaluate_faithfulness(dataset, Settings(), methods=METHODS, out=run)
    assert again.figures == report.figures  # seconds included


def test_the_page_shows_every_condition(report: Report, run: Path) -> None:
    page = (run / "index.html").read_text(encoding="utf-8")
    assert page.count("<button") == len(CONDITIONS) * len(METHODS) * len(FIGURES) + len(METHODS)  # seconds


def test_masking_can_be_left_out(dataset: Dataset, report: Report, tmp_path: Path) -> None:
    short = evaluate_faithfulness(dataset, Settings(), methods=METHODS, manners=["delete"], out=tmp_path / "run")
    for name in METHODS:
        whole, found = report.figures["methods"][name], short.figures["methods"][name]
        assert {key: found[key] for key in FIGURES} == {key: pytest.approx(whole[key]) for key in FIGURES}
    assert short.figures["conditions"]["masked"]["removal"]["drop@1"] is None
    assert short.figures["against"]["masked"] == {"removal": None, "random": None}


def test_a_limit_takes_questions_from_all_over(dataset: Dataset, tmp_path: Path) -> None:
    short = evaluate_faithfulness(dataset, Settings(), methods=("random",), limit=1, out=tmp_path / "run")
    assert [row["question"] for row in short.rows] == [next(iter(ASKED))]


def test_a_reader_that_writes_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    reader = build_llama()
    reader.model.save_pretrained(tmp_path)
    reader.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ArgumentError, match="writes its answers; expected a reader that marks them"):
        evaluate_faithfulness(dataset, Settings(reader=str(tmp_path)), out=tmp_path / "run")


def test_masks_take_the_best_and_leave_something() -> None:
    masks = _build_masks(np.array([0.1, 0.9, 0.5, 0.7]), np.array([0, 1, 3]), 4)
    assert masks.tolist()[:3] == [
        [False, True, False, False],
        [False, True, False, True],
        [False, True, False, True],
    ]
    assert not masks[:, 2].any()
    assert masks[-1].tolist() == [True, False, False, False]

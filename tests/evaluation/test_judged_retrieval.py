"""Search over judged corpora: figures worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.evaluation.datasets import load_beir
from rag.evaluation.judged_retrieval import evaluate_judged_retrieval
from rag.evaluation.rows import Report
from tests.evaluation.datasets.test_beir import write
from tests.fakes import FakeEncoder

SETTINGS = Settings(mode="lexical")


def evaluate(folder: Path, monkeypatch: pytest.MonkeyPatch, *, qrels: str, limit: int | None = None) -> Report:
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    return evaluate_judged_retrieval(load_beir(write(folder, qrels=qrels)), SETTINGS, limit=limit)


def test_figures_follow_from_grades_and_ranks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only d1 holds words of q1, only d2 of q2, none of q3: what was judged good beside is not found.
    report = evaluate(tmp_path, monkeypatch, qrels="q1\td1\t1\nq1\td2\t2\nq2\td2\t1\nq3\td1\t1\n")
    first, second, third = report.rows
    ideal = 2 + 1 / math.log2(3)
    assert (first["found"], first["relevant"]) == (["d1"], ["d1", "d2"])
    assert first["ndcg@10"] == pytest.approx(1 / ideal)
    assert (first["recall@100"], first["mrr@10"], first["map@100"]) == (0.5, 1.0, 0.5)
    assert (second["ndcg@10"], second["recall@10"], second["mrr@10"]) == (1.0, 1.0, 1.0)
    assert (third["found"], third["ndcg@10"], third["recall@100"]) == ([], 0.0, 0.0)
    assert report.figures == {
        "ndcg@10": pytest.approx((1 / ideal + 1) / 3), "recall@10": 0.5, "recall@100": 0.5,
        "mrr@10": pytest.approx(2 / 3), "map@100": 0.5, "n": 3, "passages": 2,
    }  # fmt: skip


def test_the_first_queries_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = evaluate(tmp_path, monkeypatch, qrels="q1\td1\t1\nq2\td2\t1\n", limit=1)
    assert [row["id"] for row in report.rows] == ["q1"]
    assert report.figures["n"] == 1

"""Search alone: exact figures over a handful of paragraphs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DatasetError
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.rows import Report
from tests.evaluation.test_reading import Entry, write_squad
from tests.fakes import FakeEncoder

LEAVE, MEAL, HOLIDAY = "年次有給休暇は10日とする。", "定食は六百八十円です。", "定休日は水曜日です。"
ENTRIES: list[Entry] = [(LEAVE, "有給休暇", ["10日"]), (MEAL, "定食", ["六百八十円"])]
# Words of the second question stand more often here than in its own paragraph.
POOL: list[Entry] = [
    (HOLIDAY, "定休日", ["水曜日"]),
    ("定食、定食、定食。", "定食", ["定食"]),
    ("定食と定食。", "定食", ["定食"]),
]


def evaluate(folder: Path, mode: str, *, encoder: FakeEncoder | None = None, **options: Any) -> Report:
    asked, pool = write_squad(folder / "asked.json", ENTRIES), write_squad(folder / "pool.json", POOL)
    return evaluate_retrieval([asked], [pool], encoder or FakeEncoder(), mode=mode, **options)  # type: ignore[arg-type]


def test_figures_follow_from_the_ranks(tmp_path: Path) -> None:
    report = evaluate(tmp_path, "lexical")
    assert [row["rank"] for row in report.rows] == [1, 3]
    assert report.figures == {
        "recall@1": 0.5, "recall@5": 1.0, "recall@10": 1.0, "mrr@10": pytest.approx((1 + 1 / 3) / 2),
        "ndcg@10": pytest.approx((1 + 1 / math.log2(4)) / 2), "n": 2, "passages": 5,
    }  # fmt: skip


def test_a_row_tells_what_was_found(tmp_path: Path) -> None:
    (_, row) = evaluate(tmp_path, "lexical").rows
    assert (row["id"], row["question"], row["rank"]) == ("q2", "定食", 3)
    hits = row["hits"]
    assert [hit["lexical_rank"] for hit in hits] == [1, 2, 3]  # type: ignore[attr-defined]
    last = hits[2]  # type: ignore[index]
    assert (last["document"], last["dense_rank"], last["matched"]) == (row["document"], None, ("定食",))


def test_what_is_not_found_has_no_rank(tmp_path: Path) -> None:
    entries: list[Entry] = [(LEAVE, "水曜", ["10日"]), (MEAL, "定食", ["六百八十円"])]
    asked, pool = write_squad(tmp_path / "a.json", entries), write_squad(tmp_path / "b.json", POOL[:1])
    report = evaluate_retrieval([asked], [pool], FakeEncoder(), mode="lexical")
    assert [row["rank"] for row in report.rows] == [None, 1]
    assert report.figures == {
        "recall@1": 0.5, "recall@5": 0.5, "recall@10": 0.5, "mrr@10": 0.5, "ndcg@10": 0.5, "n": 2, "passages": 3,
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["dense", "hybrid"])
def test_meaning_finds_the_paragraph_that_is_asked_for_word_by_word(tmp_path: Path, mode: str) -> None:
    entries: list[Entry] = [(text, text, [text[:2]]) for text in (LEAVE, MEAL, HOLIDAY)]
    asked = write_squad(tmp_path / "a.json", entries)
    report = evaluate_retrieval([asked], [], FakeEncoder(dimension=512), mode=mode)  # type: ignore[arg-type]
    assert [row["rank"] for row in report.rows] == [1, 1, 1]
    assert [row["hits"][0]["dense_rank"] for row in report.rows] == [1, 1, 1]  # type: ignore[index]
    assert report.figures["mrr@10"] == 1
    if mode == "dense":
        assert [len(row["hits"]) for row in report.rows] == [3, 3, 3]  # type: ignore[arg-type]


def test_equal_paragraphs_are_one(tmp_path: Path) -> None:
    asked = write_squad(tmp_path / "a.json", [*ENTRIES, (LEAVE, "10日", ["10日"])])
    pool = write_squad(tmp_path / "b.json", [(MEAL, "定食", ["定食"])])
    assert evaluate_retrieval([asked], [pool], FakeEncoder(), mode="lexical").figures["passages"] == 2


def test_a_limit_leaves_all_paragraphs(tmp_path: Path) -> None:
    figures = evaluate(tmp_path, "lexical", limit=1).figures
    assert (figures["n"], figures["passages"], figures["mrr@10"]) == (1, 5, 1)


def test_lexical_search_embeds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = FakeEncoder()
    monkeypatch.setattr(encoder, "encode_documents", None)
    monkeypatch.setattr(encoder, "encode_queries", None)
    assert evaluate(tmp_path, "lexical", encoder=encoder).figures["recall@5"] == 1


@pytest.mark.parametrize(("mode", "expected"), [("lexical", [(6, 7), (7, 7)]), ("dense", [(5, 7), (6, 7), (7, 7)])])
def test_progress_counts_paragraphs_and_questions(tmp_path: Path, mode: str, expected: list[tuple[int, int]]) -> None:
    calls: list[tuple[int, int]] = []
    evaluate(tmp_path, mode, progress=lambda done, total: calls.append((done, total)))
    assert calls == expected


def test_no_question_is_refused(tmp_path: Path) -> None:
    asked, pool = write_squad(tmp_path / "asked.json", []), write_squad(tmp_path / "pool.json", POOL)
    with pytest.raises(DatasetError, match=r"asked.json: expected at least one question"):
        evaluate_retrieval([asked], [pool], FakeEncoder())

"""What one condition has more than another."""

from __future__ import annotations

import pytest

from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.page import build_page
from rag.evaluation.experiment.presentation import Presentation, Table
from rag.evaluation.rows import Row

ROWS: list[Row] = [
    {"question": "一", "mode": "a", "f1": 0.9},
    {"question": "一", "mode": "b", "f1": 0.4},
    {"question": "二", "mode": "a", "f1": 0.5},
    {"question": "二", "mode": "a", "f1": 0.7},
    {"question": "二", "mode": "b", "f1": 0.5},
    {"question": "三", "mode": "a", "f1": 0.1},
    {"question": "四", "mode": "b", "f1": None},
]
DIFFERENCE = Difference("f1", {"mode": "a"}, {"mode": "b"}, scale=100)


def test_rows_are_paired_and_what_one_side_lacks_does_not_count() -> None:
    assert DIFFERENCE.match(ROWS) == ([0.9, pytest.approx(0.6)], [0.4, 0.5])
    assert DIFFERENCE.compute(ROWS) == pytest.approx(30)
    assert Difference("f1", {"mode": "b"}, {"mode": "a"}).compute(ROWS) == pytest.approx(-0.3)
    assert Difference("f1", {"mode": "a"}, {"mode": "c"}).compute(ROWS) is None


def test_the_interval_is_that_of_pairs() -> None:
    found = DIFFERENCE.interval(ROWS)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((30, 10, 50))
    assert DIFFERENCE.probability(ROWS) == pytest.approx(0.5, abs=0.02)
    nothing = Difference("f1", {"mode": "c"}, {"mode": "b"})
    assert (nothing.interval(ROWS), nothing.probability(ROWS)) == (None, None)


def test_the_page_shows_it_with_its_interval_and_both_conditions() -> None:
    shown = Presentation("題", "", tables=[Table("差", ["", "F1"], [["甲", DIFFERENCE]], digits=1, intervals=True)])
    page = build_page(shown, rows=ROWS, run={}, pictures={})
    assert "30.0 <small>[10.0, 50.0]</small></button>" in page
    assert "&quot;against&quot;: {&quot;mode&quot;: &quot;b&quot;}" in page


PAIRED = [
    {"question": "一", "mode": "a", "f1": 0.2, "seconds": 1.0},
    {"question": "二", "mode": "a", "f1": 0.6, "seconds": 2.0},
    {"question": "三", "mode": "a", "f1": 0.9, "seconds": 5.0},
    {"question": "二", "mode": "b", "f1": 1.0, "seconds": 8.0},
    {"question": "一", "mode": "b", "f1": 0.4, "seconds": 1.0},
]


def test_a_speedup_is_the_geometric_mean_of_the_ratios() -> None:
    speedup = Difference("seconds", {"mode": "a"}, {"mode": "b"}, kind="speedup")
    assert speedup.compute(PAIRED) == pytest.approx(2.0)  # four times and once; the third question has no pair
    found = speedup.interval(PAIRED)
    assert found is not None
    assert (found.mean, found.low, found.high) == (pytest.approx(2), pytest.approx(1), pytest.approx(4))
    assert Difference("seconds", {"mode": "c"}, {"mode": "b"}, kind="speedup").compute(PAIRED) is None


def test_a_higher_level_is_a_wider_interval() -> None:
    rows = [{"question": str(n), "mode": mode, "f1": (n % 7 / 7) * (mode == "a")} for n in range(60) for mode in "ab"]
    narrow, wide = (Difference("f1", {"mode": "a"}, {"mode": "b"}, level=level).interval(rows) for level in (0.8, 0.99))
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high

"""The page of an experiment, opened from the disk: every figure shows the rows it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.page import build_page
from rag.evaluation.experiment.presentation import Presentation, Table

pytestmark = pytest.mark.browser

ROWS = [
    {"question": "一", "mode": "a", "f1": 0.9},
    {"question": "一", "mode": "b", "f1": 0.4},
    {"question": "二", "mode": "a", "f1": 0.5},
    {"question": "二", "mode": "b", "f1": 0.75},
    {"question": "三", "mode": "a", "f1": 0.1},
]


def test_a_figure_shows_its_rows_and_a_difference_its_pairs(browser: Browser, tmp_path: Path) -> None:
    cells = [Measure("f1", {"mode": "a"}), Difference("f1", {"mode": "a"}, {"mode": "b"})]
    shown = Presentation("題", "", tables=[Table("F1", ["", "甲", "差"], [["全体", *cells]])])
    path = tmp_path / "index.html"
    path.write_text(build_page(shown, rows=ROWS, run={}, pictures={}), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    mean, difference = page.locator("button[data-measure]").all()
    mean.click()
    assert page.locator("#which").inner_text() == "mean(f1) | mode = a | 3 行 / rows → 0.5"
    assert page.locator("#trace tbody tr").count() == 3
    difference.click()
    assert difference.inner_text() == "0.125"
    assert page.locator("#which").inner_text() == "difference(f1) | mode = a − mode = b | 2 行 / rows → 0.125"
    assert page.locator("#trace th").all_inner_texts() == [
        "f1",
        "question",
        "この条件 / this",
        "くらべる条件 / against",
    ]
    assert page.locator("#trace tbody tr").all_inner_texts() == ["0.5\t一\t0.9\t0.4", "-0.25\t二\t0.5\t0.75"]
    assert complaints == []
    context.close()

"""Measuring the library in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Open
from tests.ui.server import Server
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def measure(visit: Visit) -> Visit:
    """The page with the tab of measurements open."""
    visit.open_tab("測る")
    expect(visit.page.locator("#measure-run-shown p, #measure-run-shown .run").first).to_be_visible(timeout=PATIENCE)
    return visit


def set_count(visit: Visit, count: int) -> None:
    number = visit.page.locator("#measure-count input[type=number]")
    number.fill(str(count))
    number.press("Enter")


def test_the_library_is_measured_and_the_run_stays(measure: Visit, server: Server, open_page: Open) -> None:
    page = measure.page
    set_count(measure, 3)
    page.locator("#measure-run").click()
    expect(page.locator("#measure-report")).to_contain_text("測り終えました", timeout=PATIENCE)
    rows = page.locator(".run-questions tbody tr")
    expect(rows).to_have_count(3, timeout=PATIENCE)
    (folder,) = [path for path in (server.library.parent / "runs").iterdir() if path.name.startswith("self-")]
    made = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows.locator("th").all_inner_texts() == [each["question"] for each in made]
    expected = page.locator(".run-questions tbody td:nth-of-type(1)").all_inner_texts()
    assert expected == [each["answers"][0]["text"] for each in made]
    frame = page.frame_locator(".run-page")
    expect(frame.locator("h1")).to_contain_text("文書庫の自己測定", timeout=PATIENCE)
    assert frame.locator("img").first.evaluate("each => each.naturalWidth") > 100
    frame.locator("button[data-measure]").first.click()
    expect(frame.locator("#which")).to_contain_text("mean(recall@1)")
    figure = page.locator(".run-figures dd").first.inner_text()

    english = open_page("en-US")
    english.open_tab("Measure")
    english.page.locator("#measure-runs input").click()
    english.page.get_by_role("option").filter(has_text="self").first.click()
    expect(english.page.locator(".run-figures dt").first).to_have_text("Answer in the first window", timeout=PATIENCE)
    expect(english.page.locator(".run-figures dd").first).to_have_text(figure)


def test_a_run_can_be_stopped(measure: Visit, server: Server) -> None:
    page = measure.page
    set_count(measure, 150)
    expect(page.locator("#measure-stop")).to_be_disabled()
    page.locator("#measure-run").click()
    expect(page.locator("#measure-stop")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#measure-run")).to_be_disabled()
    page.wait_for_timeout(500)
    page.locator("#measure-stop").click()
    expect(page.locator("#measure-report")).to_contain_text("止めました", timeout=PATIENCE)
    expect(page.locator("#measure-run")).to_be_enabled(timeout=PATIENCE)

"""Asking a model that writes, in a real browser: citations that lead to passages, the gaze of one token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from rag.reading.prompt import REFUSAL
from tests.reading.tiny_generative import ANSWERS
from tests.ui.server import serve
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser
LEAVE, OFFICE, REFUSED = ANSWERS


@pytest.fixture(scope="module")
def origin(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("writing"), reader=taught) as running:
        yield running.origin


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[Visit]:
    """The page of a library whose reader writes; the shipped one puts its hits in order."""
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    visited = Visit(context.new_page(), origin)
    visited.begin()
    yield visited
    context.close()
    assert (visited.foreign_requests, visited.complaints) == ([], [])


def test_a_written_answer_is_cited_and_each_token_has_its_gaze(visit: Visit) -> None:
    page = visit.page
    visit.ask(OFFICE)
    expect(page.locator(".answer .verdict")).to_have_text(ANSWERS[OFFICE])
    expect(page.locator(".turn .reply .text")).to_have_text("総務部厚生係です。申請が要ります。")
    link = page.locator(".answer .marker").first
    expect(link).to_have_attribute("href", "#passage-1")
    link.click()
    expect(page.locator("#passage-1 mark.answer")).to_be_in_viewport()
    expect(page.locator(".sources li")).to_have_count(2)
    expect(page.locator(".removal")).to_contain_text("モデルの言葉")
    page.locator("#unit").get_by_text("トークン").click()
    expect(page.locator(".passages")).to_have_attribute("data-unit", "token", timeout=PATIENCE)
    mean = visit.read_strengths(".passages .sentence")
    visit.choose("token", "1\u3000総務部厚生係です")
    one = visit.wait_for_other_strengths(".passages .sentence", mean)
    visit.choose("token", "平均")
    assert visit.wait_for_other_strengths(".passages .sentence", one) == mean


def test_a_refusal_is_told_as_no_answer(visit: Visit) -> None:
    visit.ask(REFUSED)
    expect(visit.page.locator(".answer .verdict")).to_have_text("文書の中に答えが見つかりませんでした")
    expect(visit.page.locator(".answer")).not_to_contain_text(REFUSAL)
    expect(visit.page.locator(".removal")).to_have_count(0)

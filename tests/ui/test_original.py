"""The page of a PDF with the place of an answer, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.documents.written_files import build_pdf
from tests.ui.server import Server
from tests.ui.test_documents_tab import remove
from tests.ui.visit import PATIENCE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("japanese_font")]

TITLE = "青空商会 自転車置場の決まり"
PAGES = [[TITLE], ["第1条（駐輪場）", "自転車置場の使用料は月に三百円とする。", "自転車置場は本館の北側にある。"]]


def test_the_place_of_an_answer_is_shown_on_its_page(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.open_tab("文書")
    expect(page.locator("table.documents")).to_be_visible(timeout=PATIENCE)
    visit.upload({"置場.pdf": build_pdf(PAGES)})
    visit.open_tab("質問する")
    visit.ask("自転車置場の使用料はいくらですか")
    expect(page.locator(".citation figcaption")).to_contain_text("2 ページ")
    button = page.locator("#original button.original")
    expect(button).to_have_text("原文の位置")
    button.click()
    picture = page.locator("#original .sheet img")
    expect(picture).to_be_visible(timeout=PATIENCE)
    outer, box = picture.bounding_box(), page.locator("#original .sheet .box").first.bounding_box()
    assert outer is not None
    assert box is not None
    # The second line: its baseline is at 760 of 842 points, and it begins at 60 of 595.
    assert (
        outer["y"] + outer["height"] * 70 / 842 < box["y"] + box["height"] / 2 < outer["y"] + outer["height"] * 85 / 842
    )
    assert outer["x"] + outer["width"] * 58 / 595 < box["x"]
    expect(button).to_have_text("原文を閉じる")
    button.click()
    expect(picture).to_have_count(0)
    for file in server.library.rglob("*.pdf"):
        file.unlink()
    button.click()
    expect(page.locator("#original .failure")).to_be_visible(timeout=PATIENCE)
    visit.open_tab("文書")
    remove(visit, TITLE)

"""Comparing tokenizers in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

NAMES = ["manazashi/reader", "morphemes", "bpe:4000", "wordpiece:4000", "unigram:4000"]
TEXT = "函館市立図書館の<b>本</b>は二週間。"

LEFT = """(cells, place) => cells.map((row) => {
    let passed = 0;
    for (const cell of row.querySelectorAll(".token-cells > span")) {
        if (passed === place) return Math.round(cell.getBoundingClientRect().left);
        passed += [...cell.textContent].length;
    }
    return null;
})"""

STEADY = 10
"""Tenths of a second that a field has to keep what was filled in."""


@pytest.fixture
def tokens(visit: Visit) -> Visit:
    """The page with the tab of the tokens open."""
    visit.open_tab("トークン")
    expect(visit.page.locator("#cut-text textarea")).to_be_visible(timeout=PATIENCE)
    # A field of a tab that is still being made is set back to its first value.
    answer = visit.page.locator("#cut-answer input, #cut-answer textarea")
    first, stayed = answer.input_value(), 0
    while stayed < STEADY:
        if answer.input_value() == f"{first}？":
            stayed += 1
        else:
            answer.fill(f"{first}？")
            stayed = 0
        visit.page.wait_for_timeout(100)
    answer.fill(first)
    return visit


def test_rows_line_up_and_cut_answers_are_marked(tokens: Visit) -> None:
    page = tokens.page
    page.locator("#cut-text textarea").fill(TEXT)
    page.locator("#cut-answer input, #cut-answer textarea").fill("図書館")
    page.locator("#compare").click()
    rows = page.locator(".token-row")
    expect(rows).to_have_count(5, timeout=PATIENCE)
    for number, name in enumerate(NAMES):
        expect(rows.nth(number).locator(".token-name")).to_have_text(f"{number + 1}. {name}")
        expect(rows.nth(number).locator(".token-cells")).to_have_text(TEXT)
    # 二 begins a token in all rows, and stands at the same place in all.
    lefts = rows.evaluate_all(LEFT, TEXT.index("二"))
    assert len(set(lefts)) == 1
    assert lefts[0] is not None
    # 立図書館 is one token of the shipped tokenizer; morphemes have a border before 図書館.
    expect(rows.nth(0).locator(".cut")).to_have_count(1)
    expect(rows.nth(1).locator(".cut")).to_have_count(0)
    figures = page.locator(".token-figures tbody tr")
    expect(figures.nth(0)).to_contain_text("選べるのは「立図書館」")
    expect(figures.nth(1)).to_contain_text("境に合う")
    expect(page.locator(".algorithms dt")).to_have_text(["Unigram（SentencePiece）", "形態素", "BPE", "WordPiece"])


def test_an_answer_that_is_not_there_and_a_name_nobody_has_are_told(tokens: Visit) -> None:
    page = tokens.page
    page.locator("#cut-answer input, #cut-answer textarea").fill("水族館")
    page.locator("#compare").click()
    expect(page.locator("#tokens .failure")).to_contain_text("答えが文章の中にありません", timeout=PATIENCE)
    page.locator("#cut-answer input, #cut-answer textarea").fill("")
    page.locator("#others input, #others textarea").fill("nobody/none-such")
    page.locator("#compare").click()
    expect(page.locator("#tokens .failure")).to_contain_text(
        "nobody/none-such: トークナイザーを読み込めません", timeout=PATIENCE
    )


def test_the_library_is_measured(tokens: Visit) -> None:
    page = tokens.page
    page.locator("#measure").click()
    expect(page.locator(".token-figures tbody tr")).to_have_count(5, timeout=PATIENCE)
    expect(page.locator("#tokens .note")).to_contain_text("文書庫の")
    assert page.locator(".token-figures tbody th").all_inner_texts() == NAMES

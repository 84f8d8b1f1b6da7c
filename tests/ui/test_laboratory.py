"""The laboratory in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Open
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def bench(visit: Visit) -> Visit:
    """The page with the laboratory open."""
    visit.open_tab("しくみ")
    expect(visit.page.locator("#lab-steps .labstep")).to_have_count(6, timeout=PATIENCE)
    return visit


def test_every_step_is_shown_and_agrees_with_the_model(bench: Visit) -> None:
    page = bench.page
    expect(page.locator("#lab-steps h2")).to_have_text("6 層 7 番ヘッドの計算")
    checks = page.locator("#lab-steps .check")
    steps = checks.evaluate_all("all => all.map(each => each.dataset.step)")
    assert steps == ["q", "k", "v", "scores", "scaled", "weights", "output"]
    expect(page.locator("#lab-steps .check.passed")).to_have_count(7)
    differences = [float(text.split()[-1]) for text in checks.all_inner_texts()]
    assert max(differences) < 1e-4
    expect(page.locator(".chip.answer")).to_have_text(["3", "3", "3", "メートル"])
    expect(page.locator(".tile")).to_have_count(72)
    assert page.locator(".tile img").first.evaluate("each => each.naturalWidth") == page.locator(".chip").count()


def test_heads_and_tokens_are_chosen_by_a_press(bench: Visit) -> None:
    page = bench.page
    page.locator('.tile[data-layer="2"][data-head="10"]').click()
    expect(page.locator("#lab-steps h2")).to_have_text("2 層 10 番ヘッドの計算", timeout=PATIENCE)
    expect(page.locator("#lab-layer input[type=number]")).to_have_value("2")
    expect(page.locator("#lab-head input[type=number]")).to_have_value("10")
    expect(page.locator('.tile[aria-pressed="true"] .name')).to_have_text("2-10 前")
    page.locator(".chip", has_text="塔").click()
    expect(page.locator("#lab-steps .looks p")).to_have_text("「塔」が見ている所", timeout=PATIENCE)
    expect(page.locator("#lab-steps tr.focus th").first).to_have_text("塔")


def test_layer_and_head_are_chosen_by_number(bench: Visit) -> None:
    number = bench.page.locator("#lab-head input[type=number]")
    number.fill("3")
    number.press("Enter")
    expect(bench.page.locator("#lab-steps h2")).to_have_text("6 層 3 番ヘッドの計算", timeout=PATIENCE)


def test_experiments_show_before_and_after(bench: Visit) -> None:
    page = bench.page
    expect(page.locator("#lab-outcome")).to_contain_text("上から選ぶと")
    page.get_by_label("V を逆の順にする").check()
    expect(page.locator("#lab-outcome .outcome")).to_contain_text("ほかの語へ移った視線：0 %", timeout=PATIENCE)
    expect(page.locator("#lab-outcome .matrix")).to_have_count(2)
    page.get_by_label("K も W_q で作る").check()
    expect(page.locator("#lab-outcome .outcome")).not_to_contain_text("移った視線：0 %", timeout=PATIENCE)
    expect(page.locator("#lab-outcome .outcome p")).to_have_count(2)


def test_a_text_of_ones_own_is_followed_with_its_numbers(bench: Visit) -> None:
    page = bench.page
    page.locator("#lab-question textarea").fill("")
    page.locator("#lab-text textarea").fill("<b>猫</b>が鳴く")
    page.locator("#lab-run").click()
    expect(page.locator("#lab-tokens")).to_contain_text("鳴", timeout=PATIENCE)
    assert "".join(page.locator(".chip").all_inner_texts()) == "[CLS]<b>猫</b>が鳴く[SEP]"
    page.locator("#lab-text textarea").fill("猫が鳴く")
    page.locator("#lab-run").click()
    numbers = page.locator("#lab-steps .matrix.numbers.tokens").nth(2).locator("tbody tr")
    expect(numbers).to_have_count(6, timeout=PATIENCE)
    shares = [float(text) for text in numbers.nth(1).locator("td").all_inner_texts()]
    assert sum(shares) == pytest.approx(1, abs=0.05)


def test_what_cannot_be_shown_is_told(bench: Visit) -> None:
    page = bench.page
    page.locator("#lab-model textarea, #lab-model input").fill("/nowhere/none")
    page.locator("#lab-run").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("/nowhere/none: cannot be loaded", timeout=PATIENCE)
    page.locator("#lab-model textarea, #lab-model input").fill("manazashi/reader")
    page.locator("#lab-text textarea").fill("長い文です。" * 40)
    page.locator("#lab-run").click()
    expect(page.get_by_test_id("toast-body").last).to_contain_text("expected at most 96", timeout=PATIENCE)


def test_it_speaks_english_and_fits_a_narrow_screen(open_page: Open) -> None:
    visit = open_page("en-US")
    visit.open_tab("How it works")
    expect(visit.page.locator("#lab-steps h2")).to_have_text("Layer 6, head 7, step by step", timeout=PATIENCE)
    visit.page.set_viewport_size({"width": 400, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400

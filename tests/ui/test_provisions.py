"""Articles and references on the page, as HTML and in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from rag.explanation.shading import Shades
from rag.library.records import CitedProvision, ResolvedReference
from rag.retrieval.hit import Passage
from rag.ui.provisions import SHOWN, render_article
from rag.ui.rendering import render_passages
from rag.ui.words import load_words
from tests.ui.evidence import FIRST, START, build_answer, build_exchange
from tests.ui.visit import Visit

JA = load_words("ja")
GARDEN = START + FIRST.index("庭は")


def test_a_reference_opens_what_it_means_and_others_stay_text() -> None:
    target = CitedProvision("b", "第1条（<門>）", 0, 5, "門は<朝>に")
    references = (
        ResolvedReference("庭は", GARDEN, GARDEN + 2, (target,)),
        ResolvedReference("閉", START + len(FIRST) - 6, START + len(FIRST) - 5, ()),
    )
    exchange = build_exchange(build_answer())
    first, second = exchange.places
    exchange = replace(exchange, places=(replace(first, references=references), second))
    html = render_passages(exchange, Shades(), "sentence", JA)
    assert re.findall(r'<button type="button" class="reference" popovertarget="(.*?)">(.*?)</button>', html) == [
        ("passage-1-reference-1", "庭は")
    ]
    [popup] = re.findall(r'<div popover id="passage-1-reference-1".*?</div>', html)
    assert "<h3>第1条（&lt;門&gt;）</h3><p>門は&lt;朝&gt;に</p>" in popup
    assert html.count("popover id=") == 1


def test_the_whole_article_marks_the_passage() -> None:
    article = CitedProvision("a", "第1条", 10, 20, "甲<乙>丙丁戊己庚辛"[:10])
    html = render_article(article, Passage("a", 11, 14, "<乙>", 1.0), JA)
    assert '甲<mark class="read">&lt;乙&gt;</mark>丙丁' in html
    assert "条の全文" in html
    assert "<details" in html
    assert render_article(None, Passage("a", 11, 14, "<乙>", 1.0), JA) == ""


def test_a_passage_over_the_border_of_its_article_is_marked_inside_it() -> None:
    article = CitedProvision("a", "第1条", 10, 14, "甲乙丙丁")
    assert '甲乙<mark class="read">丙丁</mark></div>' in render_article(article, Passage("a", 12, 30, "", 1.0), JA)
    assert '><mark class="read">甲</mark>乙丙丁<' in render_article(article, Passage("a", 0, 11, "", 1.0), JA)


def test_of_a_long_article_the_part_around_the_passage_is_shown() -> None:
    text = "甲" * SHOWN + "乙" + "丙" * SHOWN
    html = render_article(
        CitedProvision("a", "第1条", 0, len(text), text), Passage("a", SHOWN, SHOWN + 1, "乙", 1.0), JA
    )
    assert html.count("甲") + html.count("丙") == SHOWN - 1
    assert "…甲" in html
    assert "丙…</div>" in html
    assert '<mark class="read">乙</mark>' in html


@pytest.mark.browser
def test_article_and_references_open_without_a_request(visit: Visit) -> None:
    visit.ask("積立休暇は、どのような場合に使うことができますか")
    page = visit.page
    passage = page.locator(".passage", has_text="第35条第4項によって繰り越した").first
    asked = len(visit.requests)
    whole = passage.locator("details.whole")
    expect(whole.locator(".text")).to_be_hidden()
    whole.locator("summary").click()
    expect(whole.locator(".text")).to_be_visible()
    expect(whole.locator("summary")).to_contain_text("条の全文")
    expect(whole.locator("mark.read")).not_to_be_empty()
    reference = passage.locator("button.reference", has_text="第35条第4項").first
    popup = page.locator(f"#{reference.get_attribute('popovertarget')}")
    expect(popup).to_be_hidden()
    reference.click()
    expect(popup).to_be_visible()
    expect(popup.locator("h3")).to_have_text("第35条（付与の日数） 第4項")
    expect(popup.locator("p")).to_contain_text("その年度に使わなかった日数は、翌年度に限り繰り越す。")
    page.keyboard.press("Escape")
    expect(popup).to_be_hidden()
    assert page.locator(".sentence.opened").count() == 0
    assert len(visit.requests) == asked

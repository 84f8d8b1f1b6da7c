"""Asking in a real browser: the answer in its text, the gaze, the conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from rag.samples import SampleQuestion, load_sample_questions
from tests.ui.conftest import Open
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sample() -> SampleQuestion:
    """A question that the shipped reader answers: the sum a guarantor is liable for."""
    return next(question for question in load_sample_questions() if question.id == "rules-02")


@pytest.fixture
def answered(visit: Visit, sample: SampleQuestion) -> Visit:
    visit.ask(sample.question)
    return visit


def test_answer_is_shown_in_its_passage(answered: Visit, sample: SampleQuestion) -> None:
    page = answered.page
    expected = sample.answers[0].text
    expect(page.locator(".turn .question")).to_contain_text(sample.question)
    expect(page.locator(".turn .reply .text")).to_contain_text(expected)
    expect(page.locator(".answer .verdict")).to_contain_text(expected)
    quote = page.locator(".citation blockquote")
    expect(quote).to_contain_text("身元保証書（保証人は一名とし、極度額を120万円とする")
    expect(quote.locator("mark.answer")).to_contain_text(expected)
    expect(page.locator(".citation figcaption")).to_contain_text("第7条")
    passage = page.locator(".passage", has=page.locator("mark.answer"))
    expect(passage).to_have_count(1)
    expect(passage.locator("mark.answer")).to_contain_text(expected)
    expect(passage.locator("header")).to_contain_text("就業規則")
    expect(page.locator(".examples")).to_have_count(0)


def test_sentences_are_shaded_by_their_share(answered: Visit) -> None:
    strengths = answered.read_strengths(".passages .sentence")
    assert max(strengths) == 1
    assert len(set(strengths)) >= 4
    colours = answered.read_colours(".passages .sentence")
    strongest, weakest = strengths.index(1), strengths.index(min(strengths))
    assert colours[strongest] == "rgba(245, 158, 11, 0.6)"
    assert colours[weakest] != colours[strongest]
    titles = answered.page.locator(".passages .sentence").evaluate_all("all => all.map(each => each.title)")
    assert all(title.startswith("視線の ") for title in titles)


def test_a_sentence_opens_onto_its_words(answered: Visit) -> None:
    sentence = answered.page.locator(".passages .sentence", has=answered.page.locator("mark.answer")).first
    pieces = ".passages .sentence:has(mark.answer) .piece"
    hidden = "rgba(0, 0, 0, 0)"
    assert set(answered.read_colours(pieces)) == {hidden}
    sentence.click(position={"x": 4, "y": 8})
    expect(sentence).to_have_class("sentence opened")
    assert len(set(answered.read_colours(pieces)) - {hidden}) >= 2
    # The answer keeps the colour that says it is the answer.
    assert set(answered.read_colours("mark.answer .piece")) <= {hidden}
    sentence.click(position={"x": 4, "y": 8})
    assert set(answered.read_colours(pieces)) == {hidden}


def test_layer_head_rows_and_unit_change_the_shades(answered: Visit) -> None:
    page = answered.page
    mean = answered.read_strengths(".passages .sentence")
    answered.choose("layer", "1")
    layer = answered.wait_for_other_strengths(".passages .sentence", mean)
    answered.choose("head", "2")
    head = answered.wait_for_other_strengths(".passages .sentence", layer)
    page.locator("#rows").get_by_text("質問から").click()
    answered.wait_for_other_strengths(".passages .sentence", head)
    page.locator("#unit").get_by_text("トークン").click()
    expect(page.locator(".passages")).to_have_attribute("data-unit", "token", timeout=PATIENCE)
    tokens = answered.read_strengths(".passages .piece")
    assert len(set(answered.read_colours(".passages .piece"))) >= 4
    assert set(answered.read_colours(".passages .sentence")) == {"rgba(0, 0, 0, 0)"}
    page.locator("#unit").get_by_text("語", exact=True).click()
    expect(page.locator(".passages")).to_have_attribute("data-unit", "word", timeout=PATIENCE)
    assert answered.read_strengths(".passages .piece") != tokens


def test_the_check_can_be_done_at_length(answered: Visit) -> None:
    removal = answered.page.locator(".removal")
    quick = removal.inner_text()
    answered.page.locator("#thorough input").check()
    expect(removal).not_to_have_text(quick, use_inner_text=True, timeout=PATIENCE)
    expect(removal).to_contain_text("つの文を除いて読み直すと")
    thorough = removal.inner_text()
    answered.page.locator("#thorough input").uncheck()
    expect(removal).not_to_have_text(thorough, use_inner_text=True, timeout=PATIENCE)
    assert removal.inner_text() == quick


def test_answer_says_what_removal_does(answered: Visit) -> None:
    removal = answered.page.locator(".removal")
    expect(removal.locator("h2")).to_have_text("視線は当てになるか")
    expect(removal).to_contain_text("つの文を除いて読み直すと")


def test_follow_up_is_understood_and_earlier_evidence_comes_back(answered: Visit, sample: SampleQuestion) -> None:
    page = answered.page
    follow_up = "では、保証人は何人ですか"
    answered.ask(follow_up)
    expect(page.locator(".turn")).to_have_count(2)
    # It was searched together with the question before it.
    expect(page.locator(".answer .note", has_text="探した言葉")).to_contain_text(sample.question)
    replies = page.locator("button.reply")
    expect(replies.nth(1)).to_have_attribute("aria-pressed", "true")
    replies.nth(0).click()
    answered.wait_for_evidence(sample.question)
    expect(replies.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".answer .verdict")).to_contain_text(sample.answers[0].text)
    page.locator("#clear").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".evidence .empty")).to_be_visible()
    expect(page.locator(".examples button")).to_have_count(3)


def test_how_a_follow_up_takes_up_what_was_said_is_chosen(visit: Visit, sample: SampleQuestion) -> None:
    page = visit.page
    visit.ask(sample.question)
    page.locator("#taking-up input").click()
    offered = page.get_by_role("option").all_inner_texts()
    assert [text.strip("✓ \n") for text in offered] == [
        "規則で言い直す", "言葉を省いていれば、前のやりとりを前に置く", "前を受けず、そのまま尋ねる",
    ]  # fmt: skip
    page.get_by_role("option", name="前を受けず、そのまま尋ねる").click()
    visit.ask("では、保証人は何人ですか")
    expect(page.locator(".answer .note", has_text="探した言葉")).to_have_count(0)
    visit.choose("taking-up", "規則で言い直す")
    visit.ask("保証人は？")
    expect(page.locator(".answer .note", has_text="探した言葉")).not_to_contain_text(sample.question)


def test_a_filter_holds_the_search_to_some_documents(visit: Visit, sample: SampleQuestion) -> None:
    page = visit.page
    page.locator("#where input, #where textarea").first.fill("title=*就業規則* format=txt　added>=2024")
    visit.ask(sample.question)
    titles = set(page.locator(".passage header cite").all_inner_texts())
    assert len(titles) == 1
    assert "就業規則" in titles.pop()
    page.locator("#where input, #where textarea").first.fill("部署~総務")
    page.locator("#question textarea").fill("保証人は何人ですか")
    page.locator("#question textarea").press("Enter")
    expect(page.locator(".turn").last).to_contain_text("is not understood", timeout=PATIENCE)


def test_an_example_is_asked_at_a_click(open_page: Open) -> None:
    visit = open_page("en-US")
    example = visit.page.locator(".examples button").nth(1)
    question = example.inner_text()
    example.click()
    visit.wait_for_evidence(question)
    expect(visit.page.locator(".passages .text").first).to_contain_text("パスワード")


def test_a_second_browser_knows_nothing_of_the_first(answered: Visit, open_page: Open) -> None:
    follow_up = "では、保証人は何人ですか"
    other = open_page("ja-JP")
    expect(other.page.locator(".turn")).to_have_count(0)
    other.ask(follow_up)
    expect(other.page.locator(".turn")).to_have_count(1)
    # Without the turns of the first browser the question is searched as it was asked.
    expect(other.page.locator(".answer .note", has_text="探した言葉")).to_have_count(0)
    expect(answered.page.locator(".turn")).to_have_count(1)

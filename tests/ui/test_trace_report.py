"""The page of an error trace, opened from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from rag.documents.document import Document
from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.trace_report import Trace, write_trace
from rag.evaluation.tracing import place_answer
from rag.explanation.explanation import ScoredSpan
from rag.explanation.shading import Shades
from rag.library.records import Answer, Seconds
from rag.reading.answer import Span
from rag.retrieval.hit import Passage

pytestmark = pytest.mark.browser

TEXT = "休暇は年に二十日とする。夏は五日である。"
QUESTION = Question("q", "d", "休暇は何日か", (GoldAnswer("二十日", 5),))


def read_colour(place: Locator) -> str:
    return str(place.evaluate("element => getComputedStyle(element).backgroundColor"))


def build_trace(start: int, end: int) -> Trace:
    answer = Answer(
        question=QUESTION.text,
        search_question=QUESTION.text,
        text=TEXT[start:end],
        confidence=0.5,
        no_answer=False,
        answerability=0.0,
        citation=None,
        spans=(Span("d", start, end, TEXT[start:end], 1.0, 0.5),),
        hits=(),
        passages=(Passage("d", 0, 20, TEXT, 1.0),),
        passage_scores=(0.5,),
        seconds=Seconds(0.0, 0.0),
    )
    shades = Shades(
        (), (ScoredSpan("d", 0, 12, TEXT[:12], 0.9), ScoredSpan("d", 12, 20, TEXT[12:], 0.1)),
        (ScoredSpan("d", 0, 2, TEXT[:2], 1.0),),
    )  # fmt: skip
    return Trace(QUESTION, answer, place_answer(QUESTION, answer), 1, shades)


def test_kinds_filter_and_the_gaze_changes_its_unit_without_scripts(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    traces = [build_trace(5, 8), build_trace(14, 16), build_trace(6, 8), build_trace(7, 12)]
    documents = {"d": Document("d", "規程", TEXT, source="d")}
    write_trace(path, traces, documents=documents, figures={"exact_match": 25.0, "f1": 50.0})
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    kinds = page.locator(".case:visible .fate")
    assert kinds.all_inner_texts() == ["別の語句", "端のずれ"]
    case = page.locator(".case:visible").first
    case.locator("summary").click()
    assert case.locator(".passage").is_visible()
    page.get_by_label("正解", exact=True).check()
    assert kinds.all_inner_texts() == ["正解", "正解"]
    page.get_by_label("別の語句").check()
    assert kinds.all_inner_texts() == ["別の語句"]
    assert case.locator("mark.accepted").inner_text() == "二十日"
    colours = {name: case.locator(f".{name}").first for name in ("sentence", "piece")}
    clear = "rgba(0, 0, 0, 0)"
    found = []
    for unit in ("文", "語"):
        page.get_by_label(unit, exact=True).check()
        found.append({name: read_colour(place) != clear for name, place in colours.items()})
    assert found == [{"sentence": True, "piece": False}, {"sentence": False, "piece": True}]
    assert requests == [path.as_uri()]
    context.close()

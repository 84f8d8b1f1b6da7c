"""Which sentences a generated answer is said to come from."""

from __future__ import annotations

import pytest

from rag.reading.sources import CITED, cite_sources
from rag.retrieval.hit import Passage

LEAVE = "休暇は会社に届ける。看護休暇は年に七日とする。育児休暇は一年とする。"
MEAL = "定食は六百八十円です。"
PASSAGES = [Passage("規則", 10, 10 + len(LEAVE), LEAVE, 2.0), Passage("食堂", 0, len(MEAL), MEAL, 1.0)]
QUESTION = "看護休暇は何日か"


def test_a_citation_points_to_the_sentence_of_its_passage_that_says_so() -> None:
    sources = cite_sources(QUESTION, "七日です[1]。定食は六百八十円[2]。", PASSAGES, probability=1.0)
    assert [(marker.passage, marker.span.text) for marker in sources.markers] == [
        (0, "看護休暇は年に七日とする。"), (1, MEAL),
    ]  # fmt: skip
    first = sources.markers[0].span
    assert (first.document_id, first.start, first.end) == ("規則", 20, 33)
    assert {span.text for span in sources.choose_spans(2)} == {"看護休暇は年に七日とする。", MEAL}
    assert all(span.score > CITED for span in sources.choose_spans(2))


def test_without_citations_the_best_supported_sentence_comes_first() -> None:
    sources = cite_sources(QUESTION, "年に七日です。", PASSAGES, probability=0.8)
    assert sources.markers == ()
    assert sources.choose_spans(1)[0].text == "看護休暇は年に七日とする。"
    assert sum(span.probability for span in sources.choose_spans(9)) == pytest.approx(0.8)
    assert sources.score_passages(2)[0] == sources.choose_spans(1)[0].probability


def test_the_question_decides_between_sentences_that_hold_a_short_answer() -> None:
    text = "慶弔休暇は七日とする。看護休暇は七日とする。"
    sources = cite_sources(QUESTION, "七日[1]", [Passage("a", 0, len(text), text, 1.0)], probability=1.0)
    assert sources.markers[0].span.text == "看護休暇は七日とする。"


@pytest.mark.parametrize("number", [0, 3, 4, 99])
def test_a_number_that_no_passage_with_text_has_is_left_alone(number: int) -> None:
    passages = [*PASSAGES, Passage("空", 0, 1, " ", 1.0)]
    assert cite_sources(QUESTION, f"七日[{number}]", passages, probability=1.0).markers == ()

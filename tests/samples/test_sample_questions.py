"""The questions on the sample documents: spans, spread, counts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from rag.documents.loading import load_document
from rag.samples import SampleAnswer, SampleQuestion, load_sample_paths, load_sample_questions

TEXTS = {path.name: load_document(path).text for path in load_sample_paths()}
QUESTIONS = load_sample_questions()
ANSWERABLE = [question for question in QUESTIONS if question.answers]


def get_id(question: SampleQuestion) -> str:
    return question.id


@pytest.mark.parametrize("name", TEXTS)
def test_document_is_long(name: str) -> None:
    assert 15_400 <= len("".join(TEXTS[name].split())) <= 18_500


@pytest.mark.parametrize("question", ANSWERABLE, ids=get_id)
def test_every_span_is_the_slice_of_its_document(question: SampleQuestion) -> None:
    for answer in question.answers:
        assert TEXTS[question.document][answer.start : answer.end] == answer.text
        assert answer.text == answer.text.strip()
        assert "\n" not in answer.text
        assert 2 <= len(answer.text) <= 40


@pytest.mark.parametrize("question", ANSWERABLE, ids=get_id)
def test_question_does_not_give_its_answer_away(question: SampleQuestion) -> None:
    assert [answer.text for answer in question.answers if answer.text in question.question] == []
    assert 1 <= len(question.answers) <= 3
    assert len(set(question.answers)) == len(question.answers)


def test_a_question_reads_back_as_written() -> None:
    question = next(question for question in QUESTIONS if question.id == "rules-10")
    start = TEXTS["work_rules.txt"].index("年６日、二人以上のときは年十二日")
    assert question == SampleQuestion(
        id="rules-10",
        document="work_rules.txt",
        question="子どもが一人います。その子が熱を出したときは、年に何日まで休めますか。",
        answers=(SampleAnswer("年６日", start), SampleAnswer("６日", start + 1)),
        paraphrase="high",
        kind="number",
    )


def test_counts_per_document() -> None:
    counts = Counter((question.document, bool(question.answers)) for question in QUESTIONS)
    assert counts == {(name, answered): 20 if answered else 5 for name in TEXTS for answered in (True, False)}


@pytest.mark.parametrize("name", TEXTS)
def test_no_tenth_of_a_document_goes_without_a_question(name: str) -> None:
    starts = [question.answers[0].start for question in ANSWERABLE if question.document == name]
    places = [0, *starts, len(TEXTS[name])]
    assert max(after - before for before, after in pairwise(places)) < len(TEXTS[name]) / 10
    assert min(after - before for before, after in pairwise(places)) > 0


def test_ids_and_questions_are_unique() -> None:
    assert [item for item, count in Counter(question.id for question in QUESTIONS).items() if count > 1] == []
    assert [item for item, count in Counter(question.question for question in QUESTIONS).items() if count > 1] == []


def test_levels_and_kinds_are_all_there() -> None:
    levels = Counter(question.paraphrase for question in ANSWERABLE)
    assert set(levels) == {"low", "medium", "high"}
    assert levels["high"] >= 20
    kinds = {question.kind for question in ANSWERABLE}
    assert kinds == {"number", "date", "person", "place", "term", "condition", "reason", "list"}

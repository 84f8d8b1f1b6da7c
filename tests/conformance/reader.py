"""What every `Reader` promises; subclass it as `Test…` and build the reader."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ArgumentError
from rag.reading.answer import Reading
from rag.reading.reader import Reader
from rag.retrieval.hit import Passage

DOCUMENTS = {
    "規則": "第12条　従業員は、年次有給休暇を10日取得することができる。\n\n第13条　休暇は３月に取得する。" * 3,
    "記号": "ﾊﾝｶｸのｶﾞｷﾞと①②と㌔と葛\U000e0100城、か\u3099き\u3099、👨\u200d👩\u200d👧が𠮷野家で\ud800食べた👍🏽。[SEP]",
    "空": " \n　",
}
QUESTION = "有給休暇は何日取得できますか"


def cut(document: str, start: int, end: int) -> Passage:
    return Passage(document, start, end, DOCUMENTS[document][start:end], score=1.0)


PASSAGES = [cut("規則", 3, 90), cut("空", 0, 3), cut("記号", 5, 40), cut("規則", 70, 130), cut("規則", 20, 20)]


def check_spans(reading: Reading, passages: Sequence[Passage], documents: dict[str, str], n: int) -> None:
    assert len(reading.spans) <= n
    for span in reading.spans:
        assert span.start < span.end
        assert span.text == documents[span.document_id][span.start : span.end]
        assert any(
            passage.document_id == span.document_id and passage.start <= span.start and span.end <= passage.end
            for passage in passages
        )
    places = sorted((span.document_id, span.start, span.end) for span in reading.spans)
    for (owner, _, end), (other, start, _) in pairwise(places):
        assert owner != other or end <= start
    probabilities = [span.probability for span in reading.spans]
    assert probabilities == sorted(probabilities, reverse=True)
    assert [span.score for span in reading.spans] == sorted((span.score for span in reading.spans), reverse=True)
    assert all(0 <= probability <= 1 for probability in probabilities)
    assert sum(probabilities) <= 1 + 1e-9
    assert 0 <= reading.confidence <= 1
    assert len(reading.passage_scores) == len(passages)
    if probabilities:
        assert max(reading.passage_scores) == pytest.approx(probabilities[0])


class ReaderConformance:
    """Run over a `reader` fixture that the subclass defines."""

    @pytest.fixture
    def reader(self) -> Reader:
        raise NotImplementedError

    def test_names_itself(self, reader: Reader) -> None:
        assert reader.name
        assert reader.fingerprint
        assert reader.fingerprint == reader.fingerprint

    @pytest.mark.parametrize("n", [1, 3, 5, 1000])
    def test_spans_are_slices_of_the_documents(self, reader: Reader, n: int) -> None:
        reading = reader.read(QUESTION, PASSAGES, n=n)
        assert reading.question == QUESTION
        assert len(reading.spans) == n or n == 1000
        check_spans(reading, PASSAGES, DOCUMENTS, n)

    def test_fewer_spans_are_the_first_of_more(self, reader: Reader) -> None:
        assert reader.read(QUESTION, PASSAGES, n=2).spans == reader.read(QUESTION, PASSAGES, n=5).spans[:2]

    def test_the_same_is_read_alike(self, reader: Reader) -> None:
        assert reader.read(QUESTION, PASSAGES) == reader.read(QUESTION, PASSAGES)

    def test_passages_without_text_score_nothing(self, reader: Reader) -> None:
        scores = reader.read(QUESTION, PASSAGES).passage_scores
        assert [score > 0 for score in scores] == [True, False, True, True, False]
        assert (scores[1], scores[4]) == (0, 0)

    @pytest.mark.parametrize(
        "passages", [[], [cut("空", 0, 3)], [cut("規則", 9, 9), cut("空", 1, 2)]], ids=["none", "blank", "empty"]
    )
    def test_nothing_to_read_holds_no_answer(self, reader: Reader, passages: list[Passage]) -> None:
        reading = reader.read(QUESTION, passages)
        assert (reading.spans, reading.no_answer, reading.confidence) == ((), True, 1.0)
        assert reading.passage_scores == (0.0,) * len(passages)
        assert reading.answerability < reader.read(QUESTION, PASSAGES).answerability

    @pytest.mark.parametrize("question", ["", "  ", "\n　"])
    def test_an_empty_question_is_refused(self, reader: Reader, question: str) -> None:
        with pytest.raises(ArgumentError, match="question is empty"):
            reader.read(question, PASSAGES)

    @pytest.mark.parametrize("n", [0, -1])
    def test_n_is_at_least_one(self, reader: Reader, n: int) -> None:
        with pytest.raises(ArgumentError, match=f"n is {n}; expected at least 1"):
            reader.read(QUESTION, PASSAGES, n=n)

    def test_any_text_is_read(self, reader: Reader) -> None:
        alphabet = "休暇取得従業員をabc 12①ｶﾞか゛\u3099㌔葛\U000e0100𠮷👨\u200d👩\ud800\0\n　。[SEP]"

        @settings(max_examples=25, deadline=None)
        @given(
            question=st.text(alphabet, max_size=20),
            texts=st.lists(st.text(alphabet, max_size=40), max_size=3),
        )
        def check(question: str, texts: list[str]) -> None:
            documents = {str(number): f"前置き{text}" for number, text in enumerate(texts)}
            passages = [Passage(key, 3, len(text), text[3:], score=1.0) for key, text in documents.items()]
            asked = f"何{question}"
            check_spans(reader.read(asked, passages, n=3), passages, documents, 3)

        check()

    def test_threads_share_one_reader(self, reader: Reader) -> None:
        questions = [f"{QUESTION}{number}" for number in range(6)]
        expected = [reader.read(question, PASSAGES).spans for question in questions]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda question: reader.read(question, PASSAGES).spans, questions * 2))
        assert found == expected * 2

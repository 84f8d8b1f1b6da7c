"""The whole explanation against maps of transformers' eager attention, summed up the slow way."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from rag.errors import ArgumentError
from rag.explanation.explainer import explain
from rag.explanation.explanation import Explanation, ScoredSpan
from rag.explanation.folding import fold_attention
from rag.explanation.removal import Depth
from rag.reading.answer import Span
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from rag.text.morphology import split_words
from rag.text.sentences import split_sentences
from tests.reading import tiny

QUESTION = "有給休暇は何日か"
TEXT = "従業員は年次有給休暇を10日取得する。会社は 5㌔の休暇を定める。か\u3099ある、\U0001f44d\ud800休暇。" * 2
PASSAGES = [
    Passage("規則", 4, 60, TEXT[:56], 1.0),
    Passage("空", 0, 2, "\n ", 1.0),
    Passage("規程", 30, 70, TEXT[20:60], 1.0),
]
SPAN = Span("規則", 15, 18, TEXT[11:14], 0.0, 0.5)
Place = tuple[int, int, int]
"""Passage and code points of its text."""


def attend_eagerly(
    reader: SpanReader, span: Span, *, layer: int | None, head: int | None, rows: str
) -> dict[Place, float]:
    """Sum up maps of eager attention: one share for each place, mean over the windows that hold the rows."""
    model = copy.deepcopy(reader.model)
    model.set_attn_implementation("eager")
    totals: defaultdict[Place, float] = defaultdict(float)
    counts: defaultdict[Place, int] = defaultdict(int)
    passage = next(number for number, each in enumerate(PASSAGES) if each.document_id == span.document_id)
    first, last = (place - PASSAGES[passage].start for place in (span.start, span.end))
    for window in reader.encode(QUESTION, [each.text for each in PASSAGES]):
        places = list(zip(window.passages.tolist(), window.starts.tolist(), window.ends.tolist(), strict=True))
        if rows == "question":
            queries = list(range(*window.question))
        else:
            queries = [i for i, (owner, a, b) in enumerate(places) if owner == passage and a < last and b > first]
            covered = {place for i in queries for place in range(places[i][1], places[i][2])}
            if not covered >= {place for place in range(first, last) if not PASSAGES[passage].text[place].isspace()}:
                continue
        with torch.inference_mode():
            maps = torch.stack(model(**reader.collate([window]), output_attentions=True).attentions)[:, 0]
        maps = maps.mean(0, keepdim=True) if layer is None else maps[layer : layer + 1]
        maps = maps.mean(1, keepdim=True) if head is None else maps[:, head : head + 1]
        row = maps[0, 0, queries].mean(0).tolist()
        for place in {place for place in places if place[0] >= 0}:
            totals[place] += sum(row[i] for i, each in enumerate(places) if each == place)
            counts[place] += 1
    shares = {place: total / counts[place] for place, total in totals.items()}
    return {place: share / sum(shares.values()) for place, share in shares.items()}


def fold_naively(shares: dict[Place, float], split: object) -> list[float]:
    scores = []
    for number, passage in enumerate(PASSAGES):
        for start, end in split(passage.text):  # type: ignore[operator]
            scores.append(
                sum(
                    share * max(0, min(last, end) - max(first, start)) / (last - first)
                    for (owner, first, last), share in shares.items()
                    if owner == number
                )
            )
    return [score / sum(scores) for score in scores]


def check_units(spans: Sequence[ScoredSpan]) -> None:
    assert sum(span.score for span in spans) == pytest.approx(1)
    texts = {passage.document_id: passage for passage in PASSAGES}
    for span in spans:
        passage = texts[span.document_id]
        assert span.text == passage.text[span.start - passage.start : span.end - passage.start]
        assert 0 <= span.score <= 1


def build_deberta() -> SpanReader:
    """A reader whose attention cannot be exchanged: its rows come out of its own maps."""
    from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering

    torch.manual_seed(0)
    config = DebertaV2Config(
        vocab_size=len(tiny.build_vocabulary()), num_hidden_layers=2, max_position_embeddings=256, **tiny.SIZES
    )
    return tiny.ExactReader(DebertaV2ForQuestionAnswering(config), tiny.build_bert_tokenizer(), name="tiny DeBERTa")


READERS = {
    "bert": tiny.build_bert,
    "bert in pieces": lambda: tiny.build_bert(max_length=40, overlap=8),
    "roberta in pieces": lambda: tiny.build_roberta(max_length=100, overlap=20),
    "slow": tiny.build_slow,
    "modernbert": tiny.build_modernbert,
    "deberta": build_deberta,
}


@pytest.fixture(scope="module", params=READERS)
def case(request: pytest.FixtureRequest) -> tuple[SpanReader, Explanation]:
    reader = READERS[request.param]()
    return reader, explain(QUESTION, SPAN, PASSAGES, reader=reader, remove=0)


@pytest.mark.parametrize("rows", ["answer", "question"])
@pytest.mark.parametrize(("layer", "head"), [(None, None), (0, 1), (1, None), (None, 0)])
def test_shares_equal_those_of_eager_maps(
    case: tuple[SpanReader, Explanation], layer: int | None, head: int | None, rows: str
) -> None:
    reader, explanation = case
    shares = attend_eagerly(reader, SPAN, layer=layer, head=head, rows=rows)
    tokens, words, sentences, passages = fold_attention(explanation, layer=layer, head=head, rows=rows)  # type: ignore[arg-type]
    found = {
        (number, token.start - PASSAGES[number].start, token.end - PASSAGES[number].start): token.score
        for number, token in zip(explanation.tokens.passages.tolist(), tokens, strict=True)
    }
    assert len(found) == len(tokens)
    assert found.keys() >= shares.keys()
    # A token in windows the answer is not in has no share of its gaze.
    assert found == pytest.approx({place: shares.get(place, 0.0) for place in found}, abs=1e-4)
    for units, split in (
        (words, split_words),
        (sentences, split_sentences),
        (passages, lambda text: [(0, len(text))]),
    ):
        check_units(units)
        assert [unit.score for unit in units] == pytest.approx(fold_naively(shares, split), abs=1e-4)
    check_units(tokens)


def test_an_explanation_is_the_mean_of_the_answers_rows(case: tuple[SpanReader, Explanation]) -> None:
    _, explanation = case
    assert explanation.method == "mean"
    assert explanation.removal is None
    folded = fold_attention(explanation, layer=None, head=None)
    assert (explanation.words, explanation.sentences, explanation.passages) == folded[1:]
    assert [(passage.document_id, passage.start, passage.end) for passage in explanation.passages] == [
        (passage.document_id, passage.start, passage.end) for passage in PASSAGES
    ]
    assert explanation.passages[1].score == 0


def test_rows_of_the_whole_input_add_up_to_one_with_question_and_special_tokens() -> None:
    explanation = explain(QUESTION, SPAN, PASSAGES, reader=tiny.build_bert(), remove=0)
    assert explanation.tokens.answer.dtype == np.float32
    assert explanation.tokens.answer.shape == (2, 2, len(explanation.tokens.spans))
    assert (explanation.tokens.answer.sum(-1) < 1).all()
    assert (explanation.tokens.answer >= 0).all()


def test_a_token_in_two_windows_counts_once() -> None:
    reader = tiny.build_bert(max_length=40, overlap=8)
    windows = reader.encode(QUESTION, [passage.text for passage in PASSAGES])
    places = [
        place for window in windows for place in zip(window.passages, window.starts, strict=True) if place[0] >= 0
    ]
    tokens = explain(QUESTION, SPAN, PASSAGES, reader=reader, remove=0).tokens
    found = list(zip(tokens.passages.tolist(), tokens.spans[:, 0].tolist(), strict=True))
    assert len(places) > len(set(places)) == len(found)
    assert found == sorted(found)


def test_an_answer_sees_its_own_window_only() -> None:
    reader = tiny.build_bert(max_length=40, overlap=8)
    explanation = explain(QUESTION, SPAN, PASSAGES, reader=reader, remove=0)
    assert [passage.score for passage in explanation.passages] == pytest.approx([1, 0, 0])
    asked = fold_attention(explanation, layer=None, head=None, rows="question")[3]
    assert asked[2].score > 0


def test_reading_is_the_same_after_an_explanation() -> None:
    reader = tiny.build_bert()
    before = reader.read(QUESTION, PASSAGES)
    explain(QUESTION, before.spans[0], PASSAGES, reader=reader)
    assert reader.read(QUESTION, PASSAGES) == before


def test_every_answer_found_can_be_explained() -> None:
    reader = tiny.build_slow(max_length=40, overlap=8)
    for span in reader.read(QUESTION, PASSAGES, n=20).spans:
        explanation = explain(QUESTION, span, PASSAGES, reader=reader, remove=2, depth=Depth(draws=1, singles=2))
        check_units(explanation.words)
        assert explanation.removal is not None


def test_threads_explain_with_one_reader() -> None:
    reader = tiny.build_bert()
    spans = reader.read(QUESTION, PASSAGES, n=4).spans
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda span: explain(QUESTION, span, PASSAGES, reader=reader), spans))
    for span, explanation in zip(spans, found, strict=True):
        alone = explain(QUESTION, span, PASSAGES, reader=reader)
        assert [word.score for word in explanation.words] == pytest.approx([word.score for word in alone.words])


@pytest.mark.parametrize(
    ("span", "message"),
    [
        (Span("別", 15, 18, "x", 0, 0), "the span 15:18 of document '別' is in none of 3 passages"),
        (Span("規則", 58, 62, "x", 0, 0), "the span 58:62 of document '規則' is in none"),
        (Span("空", 0, 1, "\n", 0, 0), r"the span '\\n' holds no token that was read"),
    ],
)
def test_a_span_that_was_not_read_is_named(span: Span, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        explain(QUESTION, span, PASSAGES, reader=tiny.build_bert())

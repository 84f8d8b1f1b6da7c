"""Folding of attention against sums made by hand, character by character."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ArgumentError
from rag.explanation.explanation import Explanation, ScoredSpan, TokenAttention
from rag.explanation.folding import build_units, choose_weights, fold_attention, fold_tokens
from rag.retrieval.hit import Passage
from rag.text.morphology import split_words
from rag.text.sentences import split_sentences

# 2 layers, 2 heads, 3 tokens.
ANSWER = np.array([[[1, 0, 1], [2, 2, 0]], [[0, 0, 4], [3, 1, 0]]], dtype=np.float32)
PASSAGES = [Passage("a", 10, 14, "abcd", 1.0), Passage("b", 0, 2, "xy", 1.0)]


def build_attention(
    spans: list[tuple[int, int]], passages: list[int], answer: np.ndarray | None = None
) -> TokenAttention:
    weights = np.ones((1, 1, len(spans))) if answer is None else answer
    return TokenAttention(
        spans=np.array(spans, dtype=np.int64).reshape(-1, 2),
        passages=np.array(passages, dtype=np.int64),
        answer=weights.astype(np.float32),
        question=weights[..., ::-1].astype(np.float32),
    )


THREE = build_attention([(10, 12), (12, 14), (0, 2)], [0, 0, 1], ANSWER)


@pytest.mark.parametrize(
    ("layer", "head", "rows", "expected"),
    [
        (None, None, "answer", [6 / 14, 3 / 14, 5 / 14]),
        (0, None, "answer", [3 / 6, 2 / 6, 1 / 6]),
        (None, 1, "answer", [5 / 8, 3 / 8, 0]),
        (1, 0, "answer", [0, 0, 1]),
        (1, 1, "question", [0, 1 / 4, 3 / 4]),
        (0, 0, "question", [1 / 2, 0, 1 / 2]),
    ],
)
def test_weights_of_a_layer_and_a_head(layer: int | None, head: int | None, rows: str, expected: list[float]) -> None:
    weights = choose_weights(THREE, layer=layer, head=head, rows=rows)  # type: ignore[arg-type]
    assert weights.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("layer", "head", "message"),
    [
        (2, None, "layer is 2; expected 0 to 1, or None"),
        (-1, 0, "layer is -1"),
        (0, 2, "head is 2; expected 0 to 1"),
    ],
)
def test_a_layer_that_is_not_there_is_named(layer: int | None, head: int | None, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        choose_weights(THREE, layer=layer, head=head, rows="answer")


def test_attention_is_folded_again_without_the_model() -> None:
    whole = tuple(build_units(PASSAGES, lambda text: [(0, len(text))]))
    halves = tuple(build_units(PASSAGES, lambda text: [(0, 1), (1, len(text))]))
    explanation = Explanation("x", THREE, halves, halves, whole, None)
    tokens, words, sentences, passages = fold_attention(explanation, layer=0, head=None)
    assert tokens == (
        ScoredSpan("a", 10, 12, "ab", pytest.approx(3 / 6)),
        ScoredSpan("a", 12, 14, "cd", pytest.approx(2 / 6)),
        ScoredSpan("b", 0, 2, "xy", pytest.approx(1 / 6)),
    )
    # Tokens are divided by characters: "a" has half of "ab".
    assert words == (
        ScoredSpan("a", 10, 11, "a", pytest.approx(1.5 / 6)),
        ScoredSpan("a", 11, 14, "bcd", pytest.approx(3.5 / 6)),
        ScoredSpan("b", 0, 1, "x", pytest.approx(0.5 / 6)),
        ScoredSpan("b", 1, 2, "y", pytest.approx(0.5 / 6)),
    )
    assert sentences == words
    assert [passage.score for passage in passages] == pytest.approx([5 / 6, 1 / 6])
    question = fold_attention(explanation, layer=1, head=1, rows="question")
    assert [passage.score for passage in question[3]] == pytest.approx([1 / 4, 3 / 4])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param((0, "abcd"), (2, "cdef"), [0.25, 0.25, 0.25, 0.25], id="overlapping"),
        pytest.param((0, "abcd"), (0, "abcd"), [0.25, 0.25, 0.25, 0.25], id="twice the same"),
        pytest.param((0, "abcd"), (4, "efgh"), [0.25, 0.25, 0.25, 0.25], id="neighbours"),
    ],
)
def test_passages_that_share_text_each_have_their_own_units(
    first: tuple[int, str], second: tuple[int, str], expected: list[float]
) -> None:
    passages = [Passage("a", start, start + 4, text, 1.0) for start, text in (first, second)]
    tokens = [(start + step, start + step + 2) for start, _ in (first, second) for step in (0, 2)]
    attention = build_attention(tokens, [0, 0, 1, 1])
    units = build_units(passages, lambda text: [(0, 2), (2, 4)])
    whole = build_units(passages, lambda text: [(0, 4)])
    weights = choose_weights(attention, layer=None, head=None, rows="answer")
    assert [unit.score for unit in fold_tokens(attention, weights, units, whole)] == pytest.approx(expected)
    assert [unit.score for unit in fold_tokens(attention, weights, whole, whole)] == pytest.approx([0.5, 0.5])


def test_words_of_one_character_have_its_share_once() -> None:
    passage = Passage("a", 0, 5, "5㌔走る。", 1.0)
    attention = build_attention([(0, 1), (1, 2), (2, 4), (4, 5)], [0] * 4)
    words = fold_tokens(
        attention, np.full(4, 0.25), build_units([passage], split_words), build_units([passage], lambda t: [(0, 5)])
    )
    assert [(word.text, word.score) for word in words] == [
        (text, pytest.approx(0.25)) for text in ("5", "㌔", "走る", "。")
    ]


@given(st.data())
def test_shares_equal_a_sum_over_characters(data: st.DataObject) -> None:
    document = data.draw(st.text("休暇を取る。㌔a\n ", min_size=1, max_size=20))
    passages = []
    for _ in range(data.draw(st.integers(1, 3))):  # they may share text, and come in any order
        start = data.draw(st.integers(0, len(document) - 1))
        end = data.draw(st.integers(start + 1, len(document)))
        passages.append(Passage("d", start, end, document[start:end], 1.0))
    spans, owners = [], []
    for number, passage in enumerate(passages):
        for _ in range(data.draw(st.integers(0, 5))):
            start = data.draw(st.integers(0, len(passage.text) - 1))
            spans.append((passage.start + start, passage.start + data.draw(st.integers(start + 1, len(passage.text)))))
            owners.append(number)
    weights = np.array([data.draw(st.floats(0.01, 1)) for _ in spans], dtype=np.float64)
    attention = build_attention(spans, owners)
    whole = build_units(passages, lambda text: [(0, len(text))])
    for split in (split_words, split_sentences):
        units = build_units(passages, split)
        expected: list[float] = []
        for number, passage in enumerate(passages):
            for start, end in split(passage.text):
                places = range(passage.start + start, passage.start + end)
                expected.append(
                    sum(
                        weight * sum(first <= place < last for place in places) / (last - first)
                        for (first, last), owner, weight in zip(spans, owners, weights, strict=True)
                        if owner == number
                    )
                )
        total = sum(expected)
        scores = [unit.score for unit in fold_tokens(attention, weights, units, whole)]
        if total > 1e-9:
            assert scores == pytest.approx([value / total for value in expected], abs=1e-9)
            assert sum(scores) == pytest.approx(1)

"""Folding of attention: tokens -> words -> sentences -> passages, each unit's shares adding up to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError
from rag.explanation.explanation import Explanation, ScoredSpan, TokenAttention
from rag.retrieval.hit import Passage

Rows = Literal["answer", "question"]


def fold_attention(
    explanation: Explanation, *, layer: int | None, head: int | None, rows: Rows = "answer"
) -> tuple[tuple[ScoredSpan, ...], tuple[ScoredSpan, ...], tuple[ScoredSpan, ...], tuple[ScoredSpan, ...]]:
    """Fold the attention kept in an explanation again; no model runs.

    Args:
        explanation: What `explain` returned.
        layer: Counted from 0; the mean over all when None.
        head: Counted from 0; the mean over all when None.
        rows: Whose gaze: the answer's tokens' or the question's. With more than one window, an answer only saw its
            own, and the text of the others has no share.

    Returns:
        Tokens, words, sentences and passages in the order of the text, the scores of each adding up to one.

    Raises:
        ArgumentError: There is no such layer or head.
    """
    weights = choose_weights(explanation.tokens, layer=layer, head=head, rows=rows)
    passages = explanation.passages
    words, sentences, whole = (
        fold_tokens(explanation.tokens, weights, units, passages)
        for units in (explanation.words, explanation.sentences, passages)
    )
    return build_token_spans(explanation.tokens, weights, passages), words, sentences, whole


def choose_weights(
    attention: TokenAttention, *, layer: int | None, head: int | None, rows: Rows
) -> NDArray[np.float64]:
    """Take one share a token: of one layer and head, or of the mean. Shape: (tokens,)."""
    chosen = np.asarray(attention.answer if rows == "answer" else attention.question, dtype=np.float64)
    for axis, (name, index) in enumerate((("layer", layer), ("head", head))):
        if index is not None and not 0 <= index < chosen.shape[axis]:
            raise ArgumentError(f"{name} is {index}; expected 0 to {chosen.shape[axis] - 1}, or None for the mean")
        chosen = chosen.mean(axis, keepdims=True) if index is None else chosen.take([index], axis)
    return share_out(chosen[0, 0])


def build_units(passages: Sequence[Passage], split: Callable[[str], Iterable[tuple[int, int]]]) -> list[ScoredSpan]:
    """Cut every passage into units, with a score of 0 for now."""
    return [
        ScoredSpan(passage.document_id, passage.start + start, passage.start + end, passage.text[start:end], 0.0)
        for passage in passages
        for start, end in split(passage.text)
    ]


def fold_tokens(
    attention: TokenAttention,
    weights: NDArray[np.float64],
    units: Sequence[ScoredSpan],
    passages: Sequence[ScoredSpan],
) -> tuple[ScoredSpan, ...]:
    """Add the tokens' shares up by unit; a token that two units have in part is divided by characters.

    Args:
        attention: Where the tokens lie.
        weights: Their shares. Shape: (tokens,).
        units: Passage by passage, in the order of the text, as `build_units` cuts them.
        passages: As they were read.
    """
    scores: list[float] = []
    for number, (passage, mine) in enumerate(zip(passages, _group_units(units, passages), strict=True)):
        chosen = attention.passages == number
        spans = attention.spans[chosen] - passage.start
        reached = _accumulate(spans, weights[chosen], passage.end - passage.start)
        scores += [float(reached[unit.end - passage.start] - reached[unit.start - passage.start]) for unit in mine]
    shares = share_out(np.array(scores, dtype=np.float64)).tolist()
    return tuple(replace(unit, score=score) for unit, score in zip(units, shares, strict=True))


def build_token_spans(
    attention: TokenAttention,
    weights: NDArray[np.float64],
    passages: Sequence[ScoredSpan],
) -> tuple[ScoredSpan, ...]:
    """Put text to the tokens' places and shares."""
    spans: list[ScoredSpan] = []
    for (start, end), number, weight in zip(
        attention.spans.tolist(), attention.passages.tolist(), weights.tolist(), strict=True
    ):
        passage = passages[number]
        text = passage.text[start - passage.start : end - passage.start]
        spans.append(ScoredSpan(passage.document_id, start, end, text, weight))
    return tuple(spans)


def _group_units(units: Sequence[ScoredSpan], passages: Sequence[ScoredSpan]) -> list[list[ScoredSpan]]:
    """Divide units by passage: where two passages share text, each has units of its own there."""
    groups: list[list[ScoredSpan]] = [[] for _ in passages]
    number = reached = 0
    for unit in units:
        while reached > unit.start or not _holds(passages[number], unit):
            number, reached = number + 1, 0
        groups[number].append(unit)
        reached = unit.end
    return groups


def _holds(passage: ScoredSpan, unit: ScoredSpan) -> bool:
    return passage.document_id == unit.document_id and passage.start <= unit.start and unit.end <= passage.end


def _accumulate(spans: NDArray[np.int64], weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Spread each token's share over its characters; return the share before every offset. Shape: (size + 1,)."""
    density = weights / (spans[:, 1] - spans[:, 0])
    slope = np.bincount(spans[:, 0], density, size + 1) - np.bincount(spans[:, 1], density, size + 1)
    # Sums of what was taken away again leave rounding errors below zero.
    shares = np.maximum(np.cumsum(slope[:-1]), 0.0)
    return np.concatenate([[0.0], np.cumsum(shares)])


def share_out(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide by the sum, if there is one. Shape stays."""
    total = values.sum()
    shares: NDArray[np.float64] = values / total if total > 0 else values
    return shares

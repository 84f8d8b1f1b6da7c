"""Explanation of an answer by a method of choice, with a check of what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.explanation.attention_methods import RawAttention
from rag.explanation.case import SPLITS, Case
from rag.explanation.explanation import Explanation, ScoredSpan
from rag.explanation.folding import build_units, choose_weights, fold_tokens, share_out
from rag.explanation.methods import build_method, choose_method
from rag.explanation.placement import NO_UNIT, add_up, place_tokens
from rag.explanation.removal import QUICK, Depth, measure_removal
from rag.reading.answer import Span
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.reading.span_reader import SpanReader


def explain(
    question: str,
    span: Span,
    passages: Sequence[Passage],
    *,
    reader: SpanReader,
    method: str | None = None,
    remove: int = 3,
    depth: Depth = QUICK,
    seed: int = 0,
    include_answer_sentence: bool = True,
) -> Explanation:
    """Show what spoke for an answer, and how the answer fares without that text.

    The scores are shares of the text of the passages; what goes to question and special tokens, or speaks against the
    answer, is left out.

    Args:
        question: As it was read.
        span: The answer, in one of the passages.
        passages: As they were read.
        reader: The reader that gave the answer.
        method: One of `METHODS`; that of `choose_method` when None.
        remove: Number of sentences the check removes; 0 leaves the check out.
        depth: How much the check reads again.
        seed: Of what is random.
        include_answer_sentence: Whether the answer's own sentence may be removed, its span excepted.

    Raises:
        ArgumentError: The span is in none of the passages, the question is empty, or there is no such method.
        AttentionError: The model does not hand over its attention.
    """
    case = Case(question, span, tuple(passages), reader)
    chosen = build_method(method or choose_method(reader), reader, seed=seed)
    whole = build_units(passages, SPLITS["passage"])
    words, sentences = build_units(passages, SPLITS["word"]), build_units(passages, SPLITS["sentence"])
    if isinstance(chosen, RawAttention):
        weights = choose_weights(case.attention, layer=chosen.layer, head=chosen.head, rows="answer")
        words, sentences, whole = (
            list(fold_tokens(case.attention, weights, units, whole)) for units in (words, sentences, whole)
        )
    else:
        sentences = _score(sentences, chosen.score(case, sentences))
        words = _score(words, chosen.score(case, words) if chosen.fine else _spread(words, sentences, passages))
        totals = np.array([each.score for each in sentences], dtype=np.float64)
        whole = _score(whole, add_up(totals, _place(sentences, passages, whole), len(whole)))
    removal = measure_removal(
        case,
        sentences,
        remove=remove,
        draws=depth.draws,
        singles=depth.singles,
        seed=seed,
        include_answer_sentence=include_answer_sentence,
    )
    return Explanation(chosen.name, case.attention, tuple(words), tuple(sentences), tuple(whole), removal)


def _score(units: Sequence[ScoredSpan], scores: NDArray[np.float64]) -> list[ScoredSpan]:
    """Give units their share of what speaks for the answer."""
    shares = share_out(np.maximum(scores, 0.0)).tolist()
    return [replace(unit, score=score) for unit, score in zip(units, shares, strict=True)]


def _spread(
    words: Sequence[ScoredSpan], sentences: Sequence[ScoredSpan], passages: Sequence[Passage]
) -> NDArray[np.float64]:
    """Give each word what its sentence has, by the share of its characters."""
    placed = _place(words, passages, sentences)
    shares = [
        sentences[i].score * (word.end - word.start) / (sentences[i].end - sentences[i].start) if i != NO_UNIT else 0.0
        for word, i in zip(words, placed.tolist(), strict=True)
    ]
    return np.array(shares, dtype=np.float64)


def _place(units: Sequence[ScoredSpan], passages: Sequence[Passage], larger: Sequence[ScoredSpan]) -> NDArray[np.int64]:
    """Find the larger unit each unit begins in."""
    first = {passage.document_id: number for number, passage in reversed(list(enumerate(passages)))}
    starts = np.array([unit.start for unit in units], dtype=np.int64)
    owners = np.array([first[unit.document_id] for unit in units], dtype=np.int64)
    return place_tokens(starts, owners, passages, larger)

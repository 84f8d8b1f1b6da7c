"""Explanation of an answer by the reader's attention, with a check of what that attention is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.explanation.explanation import Explanation
from rag.explanation.folding import build_units, choose_weights, fold_attention, fold_tokens
from rag.explanation.removal import measure_removal
from rag.explanation.token_attention import collect_attention
from rag.reading.answer import Span
from rag.retrieval.hit import Passage
from rag.text.morphology import split_words
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.reading.span_reader import SpanReader

__all__ = ["explain", "fold_attention"]

METHOD = "attention mean"


def explain(
    question: str,
    span: Span,
    passages: Sequence[Passage],
    *,
    reader: SpanReader,
    remove: int = 3,
    draws: int = 3,
    seed: int = 0,
    include_answer_sentence: bool = True,
) -> Explanation:
    """Show where the reader looked for an answer, and how the answer fares without that text.

    The scores are the attention of the answer's tokens, mean over layers and heads, shared out over the text of the
    passages: what goes to question and special tokens is left out.

    Args:
        question: As it was read.
        span: The answer, in one of the passages.
        passages: As they were read.
        reader: The reader that gave the answer.
        remove: Number of sentences the check removes; 0 leaves the check out.
        draws: Number of random removals it is compared with.
        seed: Of the random removals.
        include_answer_sentence: Whether the answer's own sentence may be removed, its span excepted.

    Raises:
        ArgumentError: The span is in none of the passages, or the question is empty.
        AttentionError: The model does not hand over its attention.
    """
    attention = collect_attention(question, span, passages, reader=reader)
    weights = choose_weights(attention, layer=None, head=None, rows="answer")
    whole = build_units(passages, lambda text: [(0, len(text))])
    words, sentences, texts = (
        fold_tokens(attention, weights, units, whole)
        for units in (
            build_units(passages, split_words),
            build_units(passages, split_sentences),
            whole,
        )
    )
    removal = measure_removal(
        question,
        span,
        passages,
        sentences,
        reader=reader,
        remove=remove,
        draws=draws,
        seed=seed,
        include_answer_sentence=include_answer_sentence,
    )
    return Explanation(METHOD, attention, words, sentences, texts, removal)

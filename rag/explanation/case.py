"""The case under study: one answer, the passages it was read from, and the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from rag.explanation.explanation import ScoredSpan, TokenAttention
from rag.explanation.folding import build_units
from rag.explanation.token_attention import collect_attention
from rag.reading.answer import Span
from rag.retrieval.hit import Passage
from rag.text.articles import split_articles
from rag.text.morphology import split_words
from rag.text.phrases import split_phrases
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.reading.span_reader import SpanReader

Unit = Literal["word", "phrase", "sentence", "article", "passage"]
SPLITS: dict[Unit, Callable[[str], Iterable[tuple[int, int]]]] = {
    "word": split_words,
    "phrase": split_phrases,
    "sentence": split_sentences,
    "article": split_articles,
    "passage": lambda text: [(0, len(text))],
}


@dataclass(frozen=True)
class Case:
    """One answer: the question as it was read, the span, the passages in their order, and who read them."""

    question: str
    span: Span
    passages: tuple[Passage, ...]
    reader: SpanReader

    @cached_property
    def attention(self) -> TokenAttention:
        """Attention of answer and question over the passages; runs the model once, when first asked for.

        Raises:
            ArgumentError: The span is in none of the passages.
            AttentionError: The model does not hand over its attention.
        """
        return collect_attention(self.question, self.span, self.passages, reader=self.reader)

    @cached_property
    def answer_attention(self) -> TokenAttention:
        """The same, of the windows that hold the answer alone; what the others got is 0. Runs no window twice."""
        if "attention" not in self.__dict__:
            return collect_attention(self.question, self.span, self.passages, reader=self.reader, everywhere=False)
        seen = self.attention.answer.any(axis=(0, 1))
        return replace(self.attention, question=np.where(seen, self.attention.question, 0.0))

    def split(self, unit: Unit) -> list[ScoredSpan]:
        """Cut the passages into units, in the order of the text, scores 0; text two passages share is cut once."""
        units = build_units(self.passages, SPLITS[unit])
        seen: set[tuple[str, int, int]] = set()
        kept: list[ScoredSpan] = []
        for each in units:
            place = (each.document_id, each.start, each.end)
            if place not in seen:
                seen.add(place)
                kept.append(each)
        return kept

    def holds_answer(self, units: Sequence[ScoredSpan]) -> list[bool]:
        """Tell which units share text with the answer."""
        span = self.span
        return [
            each.document_id == span.document_id and each.start < span.end and each.end > span.start for each in units
        ]

"""Hits: windows found, and passages: overlapping hits merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rag.text.terms import build_terms


@dataclass(frozen=True, slots=True)
class Hit:
    """One window found for a question.

    `terms` are those of the question, `rating` is what a reranker gave the window.
    """

    chunk_id: int
    document_id: str
    start: int
    end: int
    text: str
    score: float
    dense_rank: int | None
    lexical_rank: int | None
    terms: frozenset[str] = frozenset()
    rating: float | None = None

    @property
    def matched(self) -> tuple[str, ...]:
        """Terms of the question found in the text, as written there; found when asked for, as it takes milliseconds."""
        return tuple(dict.fromkeys(_find_terms(self.terms, self.text)))


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document to be read; `text == document.text[start:end]`."""

    document_id: str
    start: int
    end: int
    text: str
    score: float


def _find_terms(wanted: Collection[str], text: str) -> Iterator[str]:
    """Yield the stretches of `text` that are terms of the question, overlapping ones (character pairs) as one."""
    start = end = 0
    for term in sorted(build_terms(text), key=lambda term: (term.start, term.end)):
        if term.text not in wanted:
            continue
        if term.start >= end:
            if end > start:
                yield text[start:end]
            start = term.start
        end = max(end, term.end)
    if end > start:
        yield text[start:end]

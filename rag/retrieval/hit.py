"""Hits: windows found, and passages: overlapping hits merged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One window found for a question.

    `matched` holds the terms of the question found in it, as written there, `rating` what a reranker gave it.
    """

    chunk_id: int
    document_id: str
    start: int
    end: int
    text: str
    score: float
    dense_rank: int | None
    lexical_rank: int | None
    matched: tuple[str, ...] = ()
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document to be read; `text == document.text[start:end]`."""

    document_id: str
    start: int
    end: int
    text: str
    score: float

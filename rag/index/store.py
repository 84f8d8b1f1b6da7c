"""What retrieval needs from an index, whichever engine keeps it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.chunks.chunk import Chunk
from rag.embeddings.encoder import Vectors


@dataclass(frozen=True, slots=True)
class Match:
    """One window found by one kind of search; `score`: larger is better."""

    chunk_id: int
    score: float


class SearchIndex(Protocol):
    """Finds windows by vector and by words. `documents` restricts the search before it runs; None means all."""

    def search_dense(self, vector: Vectors, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows nearest to `vector` (shape (dimension,)), best first."""

    def search_lexical(self, question: str, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows that share most with `question` by BM25, best first."""

    def load_chunks(self, chunk_ids: Sequence[int]) -> list[Chunk]:
        """Return the windows with these ids, in the order asked for."""

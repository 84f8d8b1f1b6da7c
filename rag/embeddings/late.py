"""Late chunking: a window's vector is the mean of its tokens as a long text around them has shaped them.

Source: Günther, Mohr, Williams, Wang and Xiao 2024, Late Chunking: Contextual Chunk Embeddings Using Long-Context
Embedding Models. A text longer than the model sees is read in long contexts that overlap; each token counts as the
context has it in which it stands further from the edge. What a window knows beyond itself is what the model carries
from token to token: vectors of a static table carry nothing, and windows get what they get by themselves, but for
tokens that lie across their borders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Encoder, Progress, Vectors

LENGTH = 8192
"""Tokens of a context for a model that sees texts of any length."""
OVERLAP = 0.25
"""Share of a context that the next one reads again: a token sees at least half of that on either side."""


@runtime_checkable
class LateEncoder(Encoder, Protocol):
    """An `Encoder` that can let windows know the text around them."""

    def encode_windows(
        self, text: str, spans: Sequence[tuple[int, int]], *, progress: Progress | None = None
    ) -> Vectors:
        """Embed windows `start:end` of one text. Shape: (len(spans), dimension), rows of length 1."""


@dataclass(frozen=True, slots=True)
class Context:
    """Characters `start:end` that are read at once; tokens that begin in `first:last` count as this one has them."""

    start: int
    end: int
    first: int
    last: int


def split_contexts(
    starts: NDArray[np.int64], *, end: int, length: int, overlap: int, fits: Callable[[int, int], bool]
) -> list[Context]:
    """Split a text into overlapping contexts.

    Args:
        starts: Where its tokens begin, ascending. Shape: (tokens,).
        end: Its length in characters.
        length: Most tokens of a context.
        overlap: Tokens that a context shares with the next one; fewer than `length`.
        fits: Whether characters start:end, which may fall into other tokens by themselves, are few enough tokens.

    Returns:
        Contexts in order; every token belongs to exactly one. None of a text without tokens.
    """
    stretches: list[tuple[int, int]] = []
    first = last = 0
    while last < len(starts):
        first = max(first + 1, last - overlap) if stretches else 0
        last = min(first + length, len(starts))
        while last > first + 1 and not fits(int(starts[first]), _find_end(starts, last, end)):
            last -= max(1, (last - first) // 16)
        stretches.append((first, last))
    if not stretches:
        return []
    places = [(first + last) // 2 for (_, last), (first, _) in pairwise(stretches)]
    middles = [int(starts[place]) for place in np.maximum.accumulate(np.array(places, dtype=np.int64))]
    owned = pairwise([0, *middles, end])
    return [
        Context(int(starts[first]), _find_end(starts, last, end), *own)
        for (first, last), own in zip(stretches, owned, strict=True)
    ]


def _find_end(starts: NDArray[np.int64], last: int, end: int) -> int:
    return int(starts[last]) if last < len(starts) else end


class TokenPool:
    """Sums up the vectors of the tokens of each window, context by context."""

    def __init__(self, spans: Sequence[tuple[int, int]], *, dimension: int) -> None:
        self._starts = np.array([start for start, _ in spans], dtype=np.int64)
        self._ends = np.array([end for _, end in spans], dtype=np.int64)
        self._sums = np.zeros((len(spans), dimension), dtype=np.float64)
        self._counts = np.zeros((len(spans), 1), dtype=np.int64)

    def add(self, starts: NDArray[np.int64], vectors: Vectors) -> None:
        """Add tokens; a token is in a window that holds the place where it begins.

        Args:
            starts: Where they begin, ascending. Shape: (tokens,).
            vectors: Shape: (tokens, dimension).
        """
        running = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
        first, last = np.searchsorted(starts, self._starts), np.searchsorted(starts, self._ends)
        touched = last > first
        self._sums[touched] += running[last[touched]] - running[first[touched]]
        self._counts[touched, 0] += (last - first)[touched]

    def means(self) -> Vectors:
        """Return the mean of each window, zeros where it has no token. Shape: (windows, dimension)."""
        return (self._sums / np.maximum(self._counts, 1)).astype(np.float32)

    def count_done(self, place: int) -> int:
        """Count the windows that end before a place."""
        return int((self._ends <= place).sum())


def pool_contexts(
    contexts: Sequence[Context],
    spans: Sequence[tuple[int, int]],
    *,
    dimension: int,
    read: Callable[[Context], tuple[NDArray[np.int64], Vectors]],
    progress: Progress | None = None,
) -> Vectors:
    """Read the contexts one after the other and return the mean of the tokens of each window.

    Args:
        contexts: Of `split_contexts`.
        spans: The windows.
        dimension: Length of the vector of a token.
        read: Returns where the tokens of a context begin in the text, and their vectors.
        progress: Called with windows done and their number.
    """
    pool = TokenPool(spans, dimension=dimension)
    for context in contexts:
        starts, vectors = read(context)
        own = slice(*np.searchsorted(starts, [context.first, context.last]))
        pool.add(starts[own], vectors[own])
        if progress is not None:
            progress(pool.count_done(context.last), len(spans))
    return pool.means()

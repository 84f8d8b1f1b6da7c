"""Which unit of the text a token belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.explanation.explanation import ScoredSpan
from rag.retrieval.hit import Passage

NO_UNIT = -1


def place_tokens(
    starts: NDArray[np.int64], owners: NDArray[np.int64], passages: Sequence[Passage], units: Sequence[ScoredSpan]
) -> NDArray[np.int64]:
    """Find the unit each token begins in.

    Args:
        starts: Where the tokens begin, code points of their document. Shape: (tokens,).
        owners: Index of the passage each belongs to, negative for those of none. Shape: (tokens,).
        passages: As they were read.
        units: Disjoint stretches of their documents, in any order.

    Returns:
        Index of the unit, `NO_UNIT` where there is none. Shape: (tokens,).
    """
    placed = np.full(len(starts), NO_UNIT, dtype=np.int64)
    documents = {passage.document_id: number for number, passage in enumerate(passages)}
    for document in documents:
        mine = sorted((each.start, each.end, i) for i, each in enumerate(units) if each.document_id == document)
        if not mine:
            continue
        firsts, ends, indices = np.array(mine, dtype=np.int64).T
        held = [number for number, passage in enumerate(passages) if passage.document_id == document]
        tokens = np.flatnonzero(np.isin(owners, held))
        found = np.searchsorted(firsts, starts[tokens], side="right") - 1
        inside = (found >= 0) & (starts[tokens] < ends[found])
        placed[tokens[inside]] = indices[found[inside]]
    return placed


def add_up(values: NDArray[np.float64], placed: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Add tokens up by unit. Shape of `values`: (…, tokens); of the result: (…, size)."""
    inside = placed != NO_UNIT
    chosen = values[..., inside]
    sums = np.zeros((*values.shape[:-1], size), dtype=np.float64)
    for unit, value in zip(placed[inside].tolist(), np.moveaxis(chosen, -1, 0), strict=True):
        sums[..., unit] += value
    return sums

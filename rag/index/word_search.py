"""Search by words: FTS5 finds windows by their terms, BM25 over terms and their order ranks them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from rag.index.bm25 import measure_rarity, rank_windows
from rag.index.catalog import load_generation
from rag.index.postings import TermCounts, load_postings
from rag.index.store import Match
from rag.index.stored_document import select_chunk_ids
from rag.text.terms import build_terms

_CANDIDATES = 200
"""Windows that are ranked; which these are is a first guess."""
_MOST_POSTINGS = 400_000
"""Places of terms that are read for one question, unless a single term has more."""


def search_terms(
    connection: sqlite3.Connection,
    question: str,
    *,
    k: int,
    total: int,
    documents: Collection[str] | None,
    counts: TermCounts,
) -> list[Match]:
    """Return the `k` windows that share most with `question`, best first; ties go to the older window.

    Those that hold the most and the rarest of its terms are found first, and `rank_windows` orders the best of them;
    `total` is the number of windows of the library.
    """
    terms = [term.text for term in sorted(build_terms(question), key=lambda term: (term.start, term.end))]
    frequencies = counts.load(connection, terms, generation=load_generation(connection))
    allowed = None if documents is None else select_chunk_ids(connection, documents)
    candidates = _find_candidates(
        connection, frequencies, depth=max(min(k, total), _CANDIDATES), total=total, allowed=allowed
    )
    rows = connection.execute(
        "SELECT rowid, terms FROM chunk_terms WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        (json.dumps(candidates.tolist()),),
    )
    windows = [(chunk_id, joined.split(" ")) for chunk_id, joined in rows]
    return rank_windows(terms, windows, frequencies=frequencies, total=total)[:k]


def _find_candidates(
    connection: sqlite3.Connection,
    frequencies: Mapping[str, int],
    *,
    depth: int,
    total: int,
    allowed: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Return the windows whose terms of the question weigh most, each counted once; ties go to the older window."""
    (highest,) = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()
    scores = np.zeros(highest + 1, dtype=np.float32)
    read = 0
    # Rare terms first: when there is too much to read, those are left out that say least.
    for term, count in sorted(frequencies.items(), key=lambda item: item[1]):
        if read and read + count > _MOST_POSTINGS:
            break
        read += count
        found = load_postings(connection, term)
        scores[found[found <= highest]] += measure_rarity(count, total)
    ids = np.flatnonzero(scores > 0) if allowed is None else allowed[scores[allowed] > 0]
    if len(ids) <= depth:
        return ids
    reached = scores[ids]
    border = np.partition(reached, -depth)[-depth]
    above = ids[reached > border]
    return np.concatenate([above, ids[reached == border][: depth - len(above)]])

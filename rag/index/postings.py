"""Which windows hold which terms, out of FTS5, and how many they are."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_KEPT_TERMS = 200_000


class TermCounts:
    """Counts the windows that hold a term; SQLite does so one by one, hence only once for each state of the catalog.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._generation = ""
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def load(self, connection: sqlite3.Connection, terms: Iterable[str], *, generation: str) -> dict[str, int]:
        """Return for each of the terms that occur at all how many windows hold it."""
        wanted = dict.fromkeys(terms)
        with self._lock:
            if self._generation != generation or len(self._counts) > _KEPT_TERMS:
                self._generation, self._counts = generation, {}
            known = self._counts
        new = [term for term in wanted if term not in known]
        if new:
            rows = connection.execute(
                "SELECT term, doc FROM chunk_vocabulary WHERE term IN (SELECT value FROM json_each(?))",
                (json.dumps(new),),
            )
            known.update(dict.fromkeys(new, 0) | {str(term): int(count) for term, count in rows})
        return {term: known[term] for term in wanted if known[term]}


def load_postings(connection: sqlite3.Connection, term: str) -> NDArray[np.int64]:
    """Load the ids of the windows that hold a term. Shape: (windows,)."""
    # One text with all ids is read several times faster than a row for each.
    (joined,) = connection.execute(
        "SELECT group_concat(rowid) FROM chunk_terms WHERE chunk_terms MATCH ?", (f'"{term}"',)
    ).fetchone()
    return np.fromstring(joined or "", dtype=np.int64, sep=",")

"""The vectors of windows as the catalog keeps them: in half precision, the truth of every vector index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.errors import LibraryError
from rag.index.stored_document import VECTOR_TYPE

_ROWS_AT_ONCE = 8192


def iterate_vectors(
    connection: sqlite3.Connection, first: int = 0, *, dimension: int
) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
    """Yield ids, ascending from `first` on, and their vectors, some thousands at a time.

    Raises:
        LibraryError: A vector is not of this dimension.
    """
    cursor = connection.execute("SELECT id, vector FROM chunks WHERE id >= ? ORDER BY id", (first,))
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield _unpack(rows, dimension)


def load_vectors(
    connection: sqlite3.Connection, ids: NDArray[np.int64], *, dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Load the vectors of those windows that are there, ascending by id. Shapes: (found,), (found, dimension)."""
    rows = connection.execute(
        "SELECT id, vector FROM chunks WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(ids.tolist()),),
    ).fetchall()
    return _unpack(rows, dimension)


def find_nearest(connection: sqlite3.Connection, queries: Vectors, *, k: int) -> NDArray[np.int64]:
    """Find the windows with the largest inner products, exactly, by reading all vectors once.

    Args:
        connection: Sees one state of the catalog.
        queries: Shape: (queries, dimension).
        k: Windows for each query.

    Returns:
        Ids, best first. Shape: (queries, k), or narrower where there are fewer windows.
    """
    ids = np.zeros((len(queries), 0), dtype=np.int64)
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    for some, vectors in iterate_vectors(connection, dimension=queries.shape[1]):
        found = queries @ vectors.T
        best = np.argpartition(-found, min(k, len(some)) - 1, axis=1)[:, :k]
        ids = np.concatenate([ids, some[best]], axis=1)
        scores = np.concatenate([scores, np.take_along_axis(found, best, axis=1)], axis=1)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        ids, scores = np.take_along_axis(ids, kept, axis=1), np.take_along_axis(scores, kept, axis=1)
    return ids


def _unpack(rows: list[tuple[int, bytes]], dimension: int) -> tuple[NDArray[np.int64], Vectors]:
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    for chunk_id, blob in rows:
        if not isinstance(blob, bytes) or len(blob) != dimension * VECTOR_TYPE.itemsize:
            raise LibraryError(
                f"the vector of window {chunk_id} has {len(blob)} bytes; expected {dimension * VECTOR_TYPE.itemsize}: "
                "mend the library with rag repair"
            )
    flat: NDArray[np.float16] = np.frombuffer(b"".join(row[1] for row in rows), dtype=VECTOR_TYPE)
    return ids, flat.reshape(-1, dimension).astype(np.float32)

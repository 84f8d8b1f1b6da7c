"""Exact search over half-precision vectors in memory, done by FAISS."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.index.vector_index import IterateVectors, LoadVectors

faiss: Any = importlib.import_module("faiss")  # its stubs know half of what it holds

COUNT = np.dtype(np.uint64)
"""How FAISS writes numbers of things."""
_ROWS_AT_ONCE = 8192


class FlatIndex:
    """Vectors under the ids of their windows.

    The catalog stores half precision, so half precision loses nothing here; it halves memory and searches as fast as
    single precision.
    """

    exact = True

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, dimension: int) -> FlatIndex:
        """Build an empty index."""
        return cls(faiss.IndexIDMap(_build_quantizer(dimension)))

    @classmethod
    def open(cls, path: Path, *, dimension: int) -> FlatIndex:
        """Read what `write` wrote, vectors included.

        Raises:
            ValueError: The file is not such an index.
            OSError: It cannot be read.
        """
        try:
            with path.open("rb") as file:
                index = faiss.read_index(faiss.PyCallbackIOReader(file.read))
        except RuntimeError as error:
            raise ValueError(f"not a FAISS index: {error}") from error
        if not isinstance(index, faiss.IndexIDMap) or index.d != dimension:
            raise ValueError(f"a {type(index).__name__} of dimension {index.d}, not an IndexIDMap of {dimension}")
        return cls(index)

    def write(self, file: BinaryIO, ids: NDArray[np.int64], iterate: IterateVectors) -> None:
        """Write an index of these vectors to an open file, block by block."""
        flat = _build_quantizer(self._index.d)
        empty = faiss.IndexIDMap(flat)
        empty.ntotal = flat.ntotal = len(ids)
        # What FAISS writes of it ends with the number of bytes of vectors and the number of ids, 0 and 0.
        file.write(faiss.serialize_index(empty).tobytes()[: -2 * COUNT.itemsize])
        file.write(COUNT.type(len(ids) * flat.code_size).tobytes())
        for _, vectors in iterate(0):
            file.write(flat.sq.compute_codes(np.ascontiguousarray(vectors, dtype=np.float32)).tobytes())
        file.write(COUNT.type(len(ids)).tobytes())
        file.write(ids.tobytes())

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids in the order they were added. Shape: (windows,)."""
        return np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors under their ids."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove the vectors with these ids; the others keep their order."""
        self._index.remove_ids(ids)

    def search(
        self, vector: Vectors, *, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return ids and inner products of the `k` best among `allowed` (None: all), ties by id."""
        if not self._index.ntotal:  # FAISS refuses to look for nothing
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))
        query = np.ascontiguousarray(vector, dtype=np.float32)[None]
        scores, ids = self._index.search(query, min(k, self._index.ntotal), params=parameters)
        found = ids[0] >= 0  # FAISS fills up with -1
        order = np.lexsort((ids[0][found], -scores[0][found]))
        return ids[0][found][order], scores[0][found][order]

    def find_differences(self, load: LoadVectors) -> NDArray[np.int64]:
        """Return the ids whose vector is not the one that `load` gives for them."""
        held = self.ids
        different = []
        for first in range(0, len(held), _ROWS_AT_ONCE):
            some = held[first : first + _ROWS_AT_ONCE]
            ids, vectors = load(some)
            order = np.argsort(some)
            same = np.isin(some[order], ids)
            own = self._index.index.reconstruct_batch(first + order[same])
            different += [ids[(own != vectors).any(axis=1)], some[order][~same]]
        return np.sort(np.concatenate(different)) if different else held


def _build_quantizer(dimension: int) -> Any:
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)

"""Exact search over half-precision vectors in memory, done by FAISS."""

from __future__ import annotations

import importlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors

faiss: Any = importlib.import_module("faiss")  # its stubs know half of what it holds


class FlatIndex:
    """Vectors under the ids of their windows.

    The catalog stores half precision, so half precision loses nothing here; it halves memory and searches as fast as
    single precision. Exact, because a compressed index would have to be trained again as the library grows.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, dimension: int) -> FlatIndex:
        """Build an empty index."""
        flat = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap(flat))

    @classmethod
    def read(cls, file: BinaryIO, *, dimension: int) -> FlatIndex:
        """Read what `write` wrote.

        Raises:
            ValueError: The file is not such an index.
        """
        try:
            index = faiss.read_index(faiss.PyCallbackIOReader(file.read))
        except RuntimeError as error:
            raise ValueError(f"not a FAISS index: {error}") from error
        if not isinstance(index, faiss.IndexIDMap) or index.d != dimension:
            raise ValueError(f"a {type(index).__name__} of dimension {index.d}, not an IndexIDMap of {dimension}")
        return cls(index)

    def write(self, file: BinaryIO) -> None:
        """Write the index to an open file."""
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids in the order they were added. Shape: (windows,)."""
        return np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    @property
    def vectors(self) -> Vectors:
        """Vectors in the order of `ids`. Shape: (windows, dimension)."""
        flat = self._index.index
        return np.asarray(flat.reconstruct_n(0, flat.ntotal), dtype=np.float32).reshape(-1, flat.d)

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

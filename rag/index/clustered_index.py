"""Approximate search over vectors in clusters, one byte for each component, done by FAISS (IVF, SQ8)."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.index.vector_index import LoadVectors

faiss: Any = importlib.import_module("faiss")  # its stubs know half of what it holds


class ClusteredIndex:
    """Vectors under the ids of their windows, in clusters of which only the nearest `probes` are searched.

    Opened from a file, the clusters stay there and are read as searches need them; the first change brings them into
    memory. Vectors can come and go without new training, as long as they lie where those trained on lay.
    """

    exact = False

    def __init__(self, index: Any, *, probes: int, mapped: bool = False) -> None:
        self._index = index
        self._mapped = mapped
        self.probes = probes

    @classmethod
    def train(cls, sample: Vectors, *, clusters: int) -> ClusteredIndex:
        """Build an empty index whose clusters are those of a sample. Shape: (sample, dimension)."""
        dimension = sample.shape[1]
        # Codes of the vectors themselves, not of what they differ from their cluster's centre: they can be checked.
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimension),
            dimension,
            clusters,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        index.cp.max_points_per_centroid = math.ceil(len(sample) / clusters)
        index.cp.min_points_per_centroid = 1  # it would warn on standard error
        index.train(np.ascontiguousarray(sample, dtype=np.float32))
        return cls(index, probes=clusters)

    @classmethod
    def open(cls, path: Path, *, dimension: int, probes: int) -> ClusteredIndex:
        """Open what `write` wrote, without reading the vectors.

        Raises:
            ValueError: The file is not such an index.
            OSError: It cannot be read.
        """
        try:
            index, mapped = faiss.read_index(str(path), faiss.IO_FLAG_MMAP), True
        except RuntimeError:  # no such index, or a path that FAISS cannot open by its name, as on Windows
            try:
                with path.open("rb") as file:
                    index, mapped = faiss.read_index(faiss.PyCallbackIOReader(file.read)), False
            except RuntimeError as error:
                raise ValueError(f"not a FAISS index: {error}") from error
        if not isinstance(index, faiss.IndexIVFScalarQuantizer) or index.d != dimension:
            raise ValueError(
                f"a {type(index).__name__} of dimension {index.d}, not an IndexIVFScalarQuantizer of {dimension}"
            )
        return cls(index, probes=probes, mapped=mapped)

    def write(self, file: BinaryIO) -> None:
        """Write the index to an open file."""
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return int(self._index.nlist)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids, cluster by cluster. Shape: (windows,)."""
        return np.concatenate([self._load_ids(cluster) for cluster in range(self.clusters)])

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors under their ids."""
        self._bring_into_memory()
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove the vectors with these ids."""
        self._bring_into_memory()
        self._index.remove_ids(ids)

    def search(
        self, vector: Vectors, *, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return ids and approximate inner products of about the `k` best among `allowed` (None: all), best first.

        The fewer are allowed, the more clusters are searched: all of them, where few are.
        """
        if allowed is None:
            parameters = faiss.SearchParametersIVF(nprobe=self.probes)
        else:
            share = max(len(allowed), 1) / max(self._index.ntotal, 1)
            probes = min(math.ceil(self.probes / share), self.clusters)
            parameters = faiss.SearchParametersIVF(nprobe=probes, sel=faiss.IDSelectorBatch(allowed))
        query = np.ascontiguousarray(vector, dtype=np.float32)[None]
        scores, ids = self._index.search(query, min(k, max(self._index.ntotal, 1)), params=parameters)
        found = ids[0] >= 0  # FAISS fills up with -1
        order = np.lexsort((ids[0][found], -scores[0][found]))
        return ids[0][found][order], scores[0][found][order]

    def find_differences(self, load: LoadVectors) -> NDArray[np.int64]:
        """Return the ids whose vector is not the one that `load` gives for them."""
        different = []
        for cluster in range(self.clusters):
            held = self._load_ids(cluster)
            ids, vectors = load(held)
            codes = self._index.sq.compute_codes(np.ascontiguousarray(vectors, dtype=np.float32))
            order = np.argsort(held)
            same = np.isin(held[order], ids)
            wrong = (self._load_codes(cluster)[order][same] != codes).any(axis=1)
            different += [ids[wrong], held[order][~same]]
        return np.sort(np.concatenate(different))

    def _load_ids(self, cluster: int) -> NDArray[np.int64]:
        lists = self._index.invlists
        size = lists.list_size(cluster)
        if not size:
            return np.empty(0, dtype=np.int64)
        pointer = lists.get_ids(cluster)
        try:
            return np.array(faiss.rev_swig_ptr(pointer, size), dtype=np.int64)
        finally:
            lists.release_ids(cluster, pointer)

    def _load_codes(self, cluster: int) -> NDArray[np.uint8]:
        lists = self._index.invlists
        size, width = lists.list_size(cluster), lists.code_size
        if not size:
            return np.empty((0, width), dtype=np.uint8)
        pointer = lists.get_codes(cluster)
        try:
            return np.array(faiss.rev_swig_ptr(pointer, size * width), dtype=np.uint8).reshape(size, width)
        finally:
            lists.release_codes(cluster, pointer)

    def _bring_into_memory(self) -> None:
        """Copy the clusters out of the file, which nobody may write to."""
        if not self._mapped:
            return
        lists = faiss.ArrayInvertedLists(self.clusters, self._index.code_size)
        self._index.invlists.copy_subset_to(lists, 0, 0, np.iinfo(np.int64).max)  # all ids there can be
        self._index.replace_invlists(lists, True)
        lists.this.disown()
        self._mapped = False

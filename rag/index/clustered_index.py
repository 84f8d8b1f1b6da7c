"""Approximate search over vectors in clusters, one byte for each component, done by FAISS (IVF, SQ8)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.index.flat_index import COUNT
from rag.index.vector_index import IterateVectors, LoadVectors

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
        index = _build_empty(faiss.IndexFlatIP(dimension), clusters=clusters)
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

    def write(self, file: BinaryIO, ids: NDArray[np.int64], iterate: IterateVectors) -> None:
        """Write an index of these vectors, in the clusters of this one, to an open file, block by block.

        Only the cluster of each window is in memory, and the vectors of some thousands.
        """
        clusters = self._find_clusters(ids, iterate)
        sizes = np.bincount(clusters, minlength=self.clusters).astype(COUNT)
        file.write(self._build_head(sizes))
        width = self._index.code_size
        ends = file.tell() + np.cumsum(sizes.astype(np.int64) * (width + ids.itemsize))
        # Of each cluster, first the codes of all its vectors, then their ids.
        codes_ends = ends - sizes.astype(np.int64) * ids.itemsize
        reached = codes_ends - sizes.astype(np.int64) * width
        done = 0
        for some, vectors in iterate(0):
            codes = self._index.sq.compute_codes(np.ascontiguousarray(vectors, dtype=np.float32))
            for cluster, rows in _group(clusters[done : done + len(some)]):
                file.seek(reached[cluster])
                reached[cluster] += file.write(codes[rows].tobytes())
            done += len(some)
        for cluster, rows in _group(clusters):
            file.seek(codes_ends[cluster])
            file.write(ids[rows].tobytes())

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

    def search_stepwise(self, queries: Vectors, *, k: int, steps: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Search more and more clusters, each of them once; what `search` with as many probes would find is yielded.

        Args:
            queries: Shape: (queries, dimension).
            k: Windows for each query.
            steps: Number of equal steps to all clusters.

        Yields:
            How many clusters were searched and the ids found in them, best first, -1 where there are fewer than `k`.
            Shape: (queries, k).
        """
        similarities, nearest = self._index.quantizer.search(queries, self.clusters)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        ids = np.full((len(queries), k), -1, dtype=np.int64)
        done = 0
        for step in range(1, steps + 1):
            probes = max(self.clusters * step // steps, 1)
            if probes > done:
                self._index.nprobe = probes - done  # `search` says its own
                part = slice(done, probes)
                fresh = self._index.search_preassigned(queries, k, nearest[:, part], similarities[:, part])
                scores, ids = np.concatenate([scores, fresh[0]], axis=1), np.concatenate([ids, fresh[1]], axis=1)
                best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
                scores, ids = np.take_along_axis(scores, best, axis=1), np.take_along_axis(ids, best, axis=1)
                done = probes
            yield probes, ids

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

    def _find_clusters(self, ids: NDArray[np.int64], iterate: IterateVectors) -> NDArray[np.int32]:
        """Return the cluster of each of these windows; only the vectors of those that are new here are looked at."""
        clusters = np.full(len(ids), -1, dtype=np.int32)
        for cluster in range(self.clusters):
            held = self._load_ids(cluster)
            places = np.searchsorted(ids, held)
            clusters[places[np.isin(held, ids[places[places < len(ids)]])]] = cluster
        (new,) = np.nonzero(clusters < 0)
        if new.size:
            done = int(new[0])
            for some, vectors in iterate(int(ids[done])):
                _, nearest = self._index.quantizer.search(np.ascontiguousarray(vectors, dtype=np.float32), 1)
                place = slice(done, done + len(some))
                clusters[place] = np.where(clusters[place] < 0, nearest[:, 0], clusters[place])
                done = place.stop
        return clusters

    def _build_head(self, sizes: NDArray[np.uint64]) -> bytes:
        """Build what FAISS writes before the first of clusters of these sizes."""
        empty = _build_empty(self._index.quantizer, clusters=self.clusters)
        empty.sq, empty.is_trained, empty.ntotal = self._index.sq, True, int(sizes.sum())
        # What it writes of an index without vectors ends with a list of the few clusters that are not empty: none.
        head: bytes = faiss.serialize_index(empty).tobytes().removesuffix(b"sprs" + bytes(COUNT.itemsize))
        return head + b"full" + COUNT.type(len(sizes)).tobytes() + sizes.tobytes()

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


def _build_empty(quantizer: Any, *, clusters: int) -> Any:
    # Codes of the vectors themselves, not of what they differ from their cluster's centre: they can be checked.
    return faiss.IndexIVFScalarQuantizer(
        quantizer, quantizer.d, clusters, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )


def _group(clusters: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each cluster that occurs and where, ascending."""
    order = np.argsort(clusters, kind="stable")
    occurring, firsts = np.unique(clusters[order], return_index=True)
    yield from zip(occurring.tolist(), np.split(order, firsts[1:]), strict=True)

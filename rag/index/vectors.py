"""Search by vector: an index derived from the catalog, cached on disk and changed as the catalog changes."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.errors import ArgumentError
from rag.index.catalog import (
    Catalog,
    EncoderRecord,
    load_cached_generation,
    load_generation,
    save_cached_generation,
)
from rag.index.manifest import MANIFEST_SCHEMA, Manifest, load_manifest, replace_file, save_manifest
from rag.index.seal import seal_file
from rag.index.store import Match
from rag.index.stored_document import select_chunk_ids
from rag.index.stored_vectors import iterate_vectors, load_vectors

if TYPE_CHECKING:
    from rag.index.clustering import Clustering
    from rag.index.vector_index import VectorIndex

logger = logging.getLogger(__name__)

ABANDONED = 3600
"""Seconds without a change after which an unfinished file is one that a killed process left."""


class VectorCache:
    """The catalog's vectors, ready for search: compared one by one, or by clusters once there are many.

    Before each search the catalog is asked for its generation; if this process or another one has changed it, exactly
    the windows that came and went are added and removed. The file on disk only saves the next process from reading all
    vectors out of SQLite: whatever is wrong with it, the answer is to build it again. Clusters are made when saving,
    while searches go on with the index there was. Safe to share between threads.
    """

    def __init__(self, catalog: Catalog, encoder: EncoderRecord) -> None:
        self._catalog = catalog
        self._encoder = encoder
        self._folder = catalog.path.parent
        self._lock = threading.Lock()
        self._index: VectorIndex | None = None
        self._clustering: Clustering | None = None
        self._generation = ""
        self._saved_generation = ""

    @property
    def loaded(self) -> bool:
        """Whether the vectors are ready for search."""
        return self._index is not None

    @property
    def recall(self) -> float:
        """Share of the exact first ten hits that a search finds, measured when clusters were made; 1 if exact."""
        return 1.0 if self._clustering is None else self._clustering.recall

    def search(self, vector: Vectors, *, k: int, documents: Collection[str] | None) -> list[Match]:
        """Return the `k` windows nearest to `vector`, best first."""
        if vector.shape != (self._encoder.dimension,):
            raise ArgumentError(
                f"a vector of shape {vector.shape} does not fit this library: expected ({self._encoder.dimension},) "
                f"from {self._encoder.name}"
            )
        # The lock comes before the snapshot, so that the index never steps back to an older one.
        with self._lock, self._catalog.reading() as connection:
            index = self._refresh(connection)
            allowed = None if documents is None else select_chunk_ids(connection, documents)
            if index.exact:
                ids, scores = index.search(vector, k=k, allowed=allowed)
            else:
                ids, scores = self._search_roughly(index, connection, vector, k=k, allowed=allowed)
        return [Match(int(chunk_id), float(score)) for chunk_id, score in zip(ids, scores, strict=True)]

    def save(self) -> None:
        """Write the cache file of the catalog's present state, unless it is there, and delete older ones.

        The vectors go from the catalog to the file some thousands at a time, whatever is ready for search or is not.
        """
        with self._lock, self._catalog.reading() as connection:
            self._open(connection, exact=False)
            if self._saved_generation == load_generation(connection):
                return
        written = self._renew()
        # Writing keeps the generation still and lets only one process save at a time.
        with self._lock, self._catalog.writing() as connection:
            self._write(connection, written=written)

    def find_problems(self, connection: sqlite3.Connection) -> list[str]:
        """Compare the index with the catalog; an empty list means they agree."""
        with self._lock:
            index = self._refresh(connection)
            held = np.sort(index.ids)
            kept = select_chunk_ids(connection, None)
            if not np.array_equal(held, kept):
                different = np.setxor1d(held, kept)
                return [f"the vector index and the catalog differ in {len(different)} windows, first {different[0]}"]
            wrong = index.find_differences(partial(load_vectors, connection, dimension=self._encoder.dimension))
        return [f"window {chunk_id}: the vector index holds another vector than the catalog" for chunk_id in wrong]

    def _search_roughly(
        self,
        index: VectorIndex,
        connection: sqlite3.Connection,
        vector: Vectors,
        *,
        k: int,
        allowed: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Let the catalog's vectors choose among candidates: scores are exact, only a window may be missed."""
        from rag.index.clustering import OVERSAMPLING

        candidates, _ = index.search(vector, k=OVERSAMPLING * k, allowed=allowed)
        ids, vectors = load_vectors(connection, candidates, dimension=self._encoder.dimension)
        scores = vectors @ vector.astype(np.float32)
        order = np.argsort(-scores, kind="stable")[:k]
        return ids[order], scores[order]

    def _renew(self) -> str:
        """Make clusters, or give them up, where the number of windows calls for it; searches go on meanwhile.

        Returns:
            The generation whose clusters were written to their file, "" if none were made.
        """
        from rag.index.clustering import build_clusters, choose_search

        with self._catalog.reading() as connection:
            generation, ids = load_generation(connection), select_chunk_ids(connection, None)
            wanted = choose_search(len(ids), self._clustering)
            if wanted == "as it is":
                return ""
            if wanted == "exact":
                with self._lock:
                    self._start()
                return ""
            logger.info("putting the vectors of %d windows of %s into clusters", len(ids), self._folder)
            path = self._path(generation)
            index, clustering = build_clusters(connection, ids, dimension=self._encoder.dimension, path=path)
        with self._lock:
            self._index, self._clustering, self._generation = index, clustering, generation
        return generation

    def _write(self, connection: sqlite3.Connection, *, written: str) -> None:
        """Write the cache, unless that of this generation is, and the manifest.

        Call with the lock held, inside a writing transaction.
        """
        generation = load_generation(connection)
        if self._saved_generation == generation:
            return
        index = self._index or self._build()
        path = self._path(generation)
        ids = select_chunk_ids(connection, None)
        if written != generation:
            iterate = partial(iterate_vectors, connection, dimension=self._encoder.dimension)
            replace_file(path, lambda file: index.write(file, ids, iterate))
        clustering = self._clustering
        save_manifest(
            self._folder,
            Manifest(
                schema=MANIFEST_SCHEMA,
                encoder_name=self._encoder.name,
                encoder_fingerprint=self._encoder.fingerprint,
                dimension=self._encoder.dimension,
                generation=generation,
                count=len(ids),
                seal=seal_file(path),
                trained=None if clustering is None else clustering.trained,
                probes=None if clustering is None else clustering.probes,
                recall=None if clustering is None else clustering.recall,
            ),
        )
        save_cached_generation(connection, generation)
        self._saved_generation = generation
        if not index.exact and self._generation != generation:
            self._index = None  # to be opened at the next search, with its vectors left in the file
        for other in self._folder.glob("vectors-*"):
            if other != path and not _is_being_written(other):
                _delete(other)

    def _path(self, generation: str) -> Path:
        return self._folder / f"vectors-{generation}.faiss"

    def _refresh(self, connection: sqlite3.Connection) -> VectorIndex:
        """Bring the index to the catalog's state; call with the lock held."""
        generation = load_generation(connection)
        self._open(connection, exact=True)
        index = self._index or self._start()
        if self._generation != generation:
            _update(index, connection, dimension=self._encoder.dimension)
            self._generation = generation
        return index

    def _build(self) -> VectorIndex:
        from rag.index.flat_index import FlatIndex  # faiss takes a quarter of a second to import

        return FlatIndex.build(self._encoder.dimension)

    def _start(self) -> VectorIndex:
        """Begin with an index without vectors."""
        self._index, self._clustering, self._generation = self._build(), None, ""
        return self._index

    def _open(self, connection: sqlite3.Connection, *, exact: bool) -> None:
        """Open the cache file, unless it was, or does not belong to a state this catalog was in, or is damaged.

        Unless `exact`, one without clusters, of which all vectors would be read into memory, stays closed.
        """
        from rag.index.clustered_index import ClusteredIndex
        from rag.index.clustering import Clustering
        from rag.index.flat_index import FlatIndex

        if self._index is not None:
            return
        self._clustering = None
        manifest = load_manifest(self._folder)
        wanted = (self._encoder.fingerprint, self._encoder.dimension, load_cached_generation(connection))
        if manifest is None or (manifest.encoder_fingerprint, manifest.dimension, manifest.generation) != wanted:
            logger.info("no vector cache of this catalog in %s: building it from the catalog", self._folder)
            return
        path = self._path(manifest.generation)
        try:
            if seal_file(path) != manifest.seal:
                raise ValueError("its seal is not the one in the manifest")
            if manifest.trained is None or manifest.probes is None or manifest.recall is None:
                if not exact:
                    self._saved_generation = manifest.generation
                    return
                self._index = FlatIndex.open(path, dimension=manifest.dimension)
            else:
                self._index = ClusteredIndex.open(path, dimension=manifest.dimension, probes=manifest.probes)
                self._clustering = Clustering(manifest.trained, manifest.probes, manifest.recall)
        except (OSError, ValueError) as error:
            self._saved_generation = ""
            logger.warning("the vector cache %s cannot be used (%s): building it again from the catalog", path, error)
            return
        self._generation = self._saved_generation = manifest.generation


def _update(index: VectorIndex, connection: sqlite3.Connection, *, dimension: int) -> None:
    held = index.ids
    kept = select_chunk_ids(connection, None)
    gone = np.setdiff1d(held, kept)
    if gone.size:
        index.remove(gone)
    new = np.setdiff1d(kept, held)
    if not new.size:
        return
    for ids, vectors in iterate_vectors(connection, dimension=dimension, first=int(new[0])):
        fresh = np.isin(ids, new)
        index.add(ids[fresh], vectors[fresh])


def _is_being_written(path: Path) -> bool:
    """Tell whether another process, or thread, may be putting clusters into a file that has no final name yet."""
    try:
        return path.suffix == ".tmp" and time.time() - path.stat().st_mtime < ABANDONED
    except OSError:  # it has its final name by now, or is gone
        return True


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # open in another process, where the system minds that
        logger.info("the old vector cache %s could not be deleted: %s", path, error)

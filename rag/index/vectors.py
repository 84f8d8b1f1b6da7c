"""Search by vector: a FAISS index derived from the catalog, kept in memory and cached on disk."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.errors import ArgumentError
from rag.index.catalog import Catalog, EncoderRecord, load_generation
from rag.index.manifest import MANIFEST_SCHEMA, Manifest, load_manifest, replace_file, save_manifest
from rag.index.store import Match
from rag.index.stored_document import VECTOR_TYPE, select_chunk_ids

if TYPE_CHECKING:
    from rag.index.flat_index import FlatIndex

logger = logging.getLogger(__name__)

_ROWS_AT_ONCE = 8192


class VectorCache:
    """The catalog's vectors, ready for search.

    Before each search the catalog is asked for its generation; if this process or another one has changed it, exactly
    the windows that came and went are added and removed. The file on disk only saves the next process from reading all
    vectors out of SQLite: whatever is wrong with it, the answer is to build it again. Safe to share between threads.
    """

    def __init__(self, catalog: Catalog, encoder: EncoderRecord) -> None:
        self._catalog = catalog
        self._encoder = encoder
        self._folder = catalog.path.parent
        self._lock = threading.Lock()
        self._index: FlatIndex | None = None
        self._generation = ""
        self._saved_generation = ""

    @property
    def loaded(self) -> bool:
        """Whether the vectors are in memory."""
        return self._index is not None

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
            ids, scores = index.search(vector, k=k, allowed=allowed)
        return [Match(int(chunk_id), float(score)) for chunk_id, score in zip(ids, scores, strict=True)]

    def save(self) -> None:
        """Write the cache file of the catalog's present state, unless it is there, and delete older ones."""
        with self._lock:
            with self._catalog.reading() as connection:
                if self._saved_generation == load_generation(connection):
                    return
            # Writing keeps the generation still and lets only one process save at a time.
            with self._catalog.writing() as connection:
                self._write(self._refresh(connection))

    def _write(self, index: FlatIndex) -> None:
        """Write cache and manifest; call with the lock held, inside a writing transaction."""
        if self._saved_generation == self._generation:
            return
        path = self._path(self._generation)
        replace_file(path, index.write)
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        save_manifest(
            self._folder,
            Manifest(
                schema=MANIFEST_SCHEMA,
                encoder_name=self._encoder.name,
                encoder_fingerprint=self._encoder.fingerprint,
                dimension=self._encoder.dimension,
                generation=self._generation,
                count=len(index.ids),
                checksum=checksum,
            ),
        )
        self._saved_generation = self._generation
        for other in self._folder.glob("vectors-*"):
            if other != path:
                other.unlink(missing_ok=True)

    def find_problems(self, connection: sqlite3.Connection) -> list[str]:
        """Compare the index with the catalog; an empty list means they agree."""
        with self._lock:
            index = self._refresh(connection)
            order = np.argsort(index.ids)
            held, held_vectors = index.ids[order], index.vectors[order]
        kept = select_chunk_ids(connection, None)
        if not np.array_equal(held, kept):
            different = np.setxor1d(held, kept)
            return [f"the vector index and the catalog differ in {len(different)} windows, first {different[0]}"]
        problems = []
        rows = connection.execute("SELECT id, vector FROM chunks ORDER BY id")
        for position, (chunk_id, blob) in enumerate(rows):
            if blob != held_vectors[position].astype(VECTOR_TYPE).tobytes():
                problems.append(f"window {chunk_id}: the vector index holds another vector than the catalog")
        return problems

    def _path(self, generation: str) -> Path:
        return self._folder / f"vectors-{generation}.faiss"

    def _refresh(self, connection: sqlite3.Connection) -> FlatIndex:
        """Bring the index in memory to the catalog's state; call with the lock held."""
        from rag.index.flat_index import FlatIndex  # faiss takes a quarter of a second to import

        generation = load_generation(connection)
        if self._index is None:
            self._index = self._load(generation) or FlatIndex.build(self._encoder.dimension)
            self._generation = self._saved_generation
        if self._generation != generation:
            _update(self._index, connection, dimension=self._encoder.dimension)
            self._generation = generation
        return self._index

    def _load(self, generation: str) -> FlatIndex | None:
        """Load the cache file, None if it does not belong to this state of the catalog or is damaged."""
        from rag.index.flat_index import FlatIndex

        manifest = load_manifest(self._folder)
        wanted = (self._encoder.fingerprint, self._encoder.dimension, generation)
        if manifest is None or (manifest.encoder_fingerprint, manifest.dimension, manifest.generation) != wanted:
            logger.info("no vector cache of the present state in %s: building it from the catalog", self._folder)
            return None
        try:
            with self._path(generation).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != manifest.checksum:
                    raise ValueError("its checksum is not the one in the manifest")
                file.seek(0)
                index = FlatIndex.read(file, dimension=self._encoder.dimension)
        except (OSError, ValueError) as error:
            logger.warning(
                "the vector cache %s cannot be used (%s): building it again from the catalog",
                self._path(generation),
                error,
            )
            return None
        self._saved_generation = generation
        return index


def _update(index: FlatIndex, connection: sqlite3.Connection, *, dimension: int) -> None:
    held = index.ids
    kept = select_chunk_ids(connection, None)
    gone = np.setdiff1d(held, kept)
    if gone.size:
        index.remove(gone)
    new = np.setdiff1d(kept, held)
    if not new.size:
        return
    cursor = connection.execute("SELECT id, vector FROM chunks WHERE id >= ? ORDER BY id", (int(new[0]),))
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        vectors = load_vectors([row[1] for row in rows], dimension=dimension)
        fresh = np.isin(ids, new)
        index.add(ids[fresh], vectors[fresh])


def load_vectors(blobs: list[bytes], *, dimension: int) -> Vectors:
    """Load vectors from the catalog's blobs. Shape: (len(blobs), dimension)."""
    flat: NDArray[np.float16] = np.frombuffer(b"".join(blobs), dtype=VECTOR_TYPE)
    return flat.reshape(-1, dimension).astype(np.float32)

"""The index of a library in one folder: catalog and vector cache behind one door."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from rag.chunks.chunk import Chunk
from rag.documents.document import Document
from rag.embeddings.encoder import Vectors
from rag.errors import ArgumentError, LibraryError
from rag.index.catalog import (
    LOCK_TIMEOUT_SECONDS,
    Catalog,
    EncoderRecord,
    advance_generation,
    load_encoder,
    load_generation,
)
from rag.index.files import (
    FileState,
    KnownFile,
    forget_content,
    load_file_state,
    load_known_files,
    save_file_state,
)
from rag.index.filters import parse_filter, select_documents
from rag.index.lexical import delete_terms, insert_terms
from rag.index.postings import TermCounts
from rag.index.prepared import PreparedDocument
from rag.index.repair import delete_strays, delete_vector_files, empty_unreadable, rebuild_structures
from rag.index.store import Match
from rag.index.stored_document import (
    DocumentEntry,
    Statistics,
    count_documents,
    find_document,
    find_inside,
    has_document,
    insert_document,
    list_documents,
    load_added,
    load_document,
    load_window_vectors,
    load_windows,
    move_document,
)
from rag.index.tags import check_tags, load_tags, save_tags
from rag.index.texts import TextCache
from rag.index.vectors import VectorCache
from rag.index.verification import Problem, check_file, find_catalog_problems
from rag.index.window_terms import build_document_terms
from rag.index.word_search import search_terms

logger = logging.getLogger(__name__)


class LibraryIndex:
    """Documents, windows, words and vectors of one library folder; safe to share between threads.

    Every change of a document is one transaction: after a crash it is there whole or not at all. Several processes may
    use one folder; what one adds, the others find at their next search.
    """

    def __init__(self, catalog: Catalog, encoder: EncoderRecord) -> None:
        self.encoder = encoder
        self._catalog = catalog
        self._vectors = VectorCache(catalog, encoder)
        self._changed = False
        self._texts = TextCache()
        self._counted = ("", 0)
        self._term_counts = TermCounts()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        dimension: int,
        encoder_fingerprint: str,
        encoder_name: str,
        lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    ) -> LibraryIndex:
        """Open the library in `folder`, or create one in a folder that is empty or not there.

        Args:
            folder: Place of the library.
            dimension: Length of the encoder's vectors.
            encoder_fingerprint: What makes the encoder's vectors comparable; must be that of the stored ones.
            encoder_name: How messages name the encoder, and where to load it from again.
            lock_timeout: Seconds to wait for another process that is writing.

        Raises:
            LibraryError: The folder cannot hold a library, or its library is damaged, newer or made with other models.
        """
        encoder = EncoderRecord(encoder_name, encoder_fingerprint, dimension)
        return cls(Catalog.open(folder, encoder=encoder, lock_timeout=lock_timeout), encoder)

    @classmethod
    def open_existing(cls, folder: Path, *, lock_timeout: float = LOCK_TIMEOUT_SECONDS) -> LibraryIndex:
        """Open a library with whatever encoder it was made: for listing, removing and checking without a model.

        Raises:
            LibraryError: There is no library in `folder`, or it is damaged or newer.
        """
        catalog = Catalog.open(folder, encoder=None, lock_timeout=lock_timeout)
        try:
            with catalog.reading() as connection:
                encoder = load_encoder(connection)
            if encoder is None:
                raise LibraryError(f"{folder} holds an unfinished library; ingest documents into it first")
        except BaseException:
            catalog.close()
            raise
        return cls(catalog, encoder)

    def replace_document(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        vectors: Vectors,
        *,
        windowing: str = "",
        file: FileState | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Store a document in place of the version of the same source, if any, whose tags it keeps.

        Args:
            document: The document, with all its text.
            chunks: Its windows.
            vectors: One unit vector for each window. Shape: (len(chunks), dimension).
            windowing: How the windows were made; see `holds` and `find_other_windowing`. The context it names is
                indexed with the windows.
            file: The file it came from, if any.
            tags: Tags to give it beside those of the earlier version.

        Raises:
            ArgumentError: Windows or vectors do not belong to the document.
            LibraryError: The library is locked by another process, damaged or full.
        """
        terms = build_document_terms(
            document.text,
            [(chunk.start, chunk.end) for chunk in chunks],
            title=document.title,
            anchors=document.anchors,
            windowing=windowing,
        )
        self.replace_documents([PreparedDocument(document, chunks, vectors, terms, windowing, file, tags or {})])

    def replace_documents(self, prepared: Sequence[PreparedDocument]) -> None:
        """Store documents in place of the versions of the same sources: all of them, or none if anything fails.

        Raises:
            ArgumentError: Windows, vectors or terms do not belong to their document.
            LibraryError: The library is locked by another process, damaged or full.
        """
        for each in prepared:
            each.check(dimension=self.encoder.dimension)
        with self._catalog.writing() as connection:
            for each in prepared:
                self._replace(connection, each)
            advance_generation(connection)
        self._changed = True

    def move_document(self, document_id: str, document: Document, *, file: FileState) -> None:
        """Say that the file of a document is elsewhere now; its windows and tags stay as they are.

        Args:
            document_id: The document as it is known.
            document: The same, read from its new place: of the same text.
            file: The file at the new place.

        Raises:
            LibraryError: There is no such document, or another one came from the new place.
        """
        with self._catalog.writing() as connection:
            self._require(connection, document_id)
            move_document(connection, document_id, document)
            save_file_state(connection, document.id, file)

    def update_entry(self, document_id: str, *, file: FileState | None, tags: Mapping[str, str] | None) -> None:
        """Write down the file of a document that stays as it is, and tag it; None says that there is nothing new."""
        if file is None and not tags:
            return
        with self._catalog.writing() as connection:
            if not has_document(connection, document_id):
                return  # another process removed it
            if file is not None:
                save_file_state(connection, document_id, file)
            save_tags(connection, document_id, tags or {})

    def tag_document(self, document_id: str, tags: Mapping[str, str], *, remove: Iterable[str] = ()) -> dict[str, str]:
        """Give a document tags, take others away, and return all it has then.

        Raises:
            ArgumentError: A name or value is none.
            LibraryError: There is no such document.
        """
        checked = check_tags(tags)
        with self._catalog.writing() as connection:
            self._require(connection, document_id)
            save_tags(connection, document_id, checked, remove=remove)
            return load_tags(connection, document_id)

    def find_documents(self, where: str | Iterable[str]) -> list[str]:
        """Return the ids of the documents that satisfy filters (`rag.index.filters`), in the order they were added.

        Raises:
            ArgumentError: An expression is no filter, or asks for a tag that no document has.
        """
        conditions = parse_filter(where)
        with self._catalog.reading() as connection:
            return select_documents(connection, conditions)

    def load_known_files(self) -> dict[str, KnownFile]:
        """Load all files whose documents are in the library, by their source."""
        with self._catalog.reading() as connection:
            return load_known_files(connection)

    def load_window_vectors(self, document_id: str) -> dict[str, Vectors]:
        """Load the sound vectors of a document by the text of their windows; none of one that is not there."""
        with self._catalog.reading() as connection:
            return load_window_vectors(connection, document_id, dimension=self.encoder.dimension)

    def _replace(self, connection: sqlite3.Connection, each: PreparedDocument) -> None:
        document = each.document
        earlier = find_document(connection, document.source)
        kept = load_tags(connection, earlier or document.id)
        # The same text came of the same file, at the same time.
        file = each.file or load_file_state(connection, document.id)
        added = load_added(connection, document.id)
        for outdated in {document.id, earlier or document.id}:
            delete_terms(connection, outdated)
            connection.execute("DELETE FROM documents WHERE id = ?", (outdated,))
            self._texts.forget(outdated)
        ids = insert_document(connection, document, each.chunks, each.vectors, windowing=each.windowing, added=added)
        insert_terms(connection, ids, each.terms)
        save_tags(connection, document.id, kept | dict(each.tags))
        if file is not None:
            save_file_state(connection, document.id, file)

    def remove_document(self, document_id: str) -> None:
        """Remove a document with everything that belongs to it.

        Raises:
            LibraryError: There is no such document.
        """
        with self._catalog.writing() as connection:
            delete_terms(connection, document_id)
            if not connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount:
                raise self._unknown(document_id)
            advance_generation(connection)
        self._changed = True

    def forget_content(self, source: str) -> None:
        """Have the file `source` read again when it is taken in next, though it did not change."""
        with self._catalog.writing() as connection:
            forget_content(connection, find_inside(connection, source).values())

    def holds(self, document: Document, *, windowing: str) -> bool:
        """Say whether the library holds a document as it is, title and anchors included, cut in this way."""
        with self._catalog.reading() as connection:
            row = connection.execute("SELECT windowing FROM documents WHERE id = ?", (document.id,)).fetchone()
            return row == (windowing,) and load_document(connection, document.id, text=document.text) == document

    def check_documents(self, document_ids: Collection[str]) -> None:
        """Make sure that these documents are there.

        Raises:
            LibraryError: One of them is not.
        """
        with self._catalog.reading() as connection:
            for document_id in document_ids:
                self._require(connection, document_id)

    def find_source(self, source: str) -> str | None:
        """Return the id of the document that came from `source`."""
        with self._catalog.reading() as connection:
            return find_document(connection, source)

    def find_inside(self, source: str) -> dict[str, str]:
        """Return the ids of the documents that came from the file `source` or from its members, by their sources."""
        with self._catalog.reading() as connection:
            return find_inside(connection, source)

    def find_other_windowing(self, windowing: str) -> list[str]:
        """Return the ids of the documents that are not cut in this way, in the order they were added."""
        with self._catalog.reading() as connection:
            rows = connection.execute("SELECT id FROM documents WHERE windowing != ? ORDER BY rowid", (windowing,))
            return [document_id for (document_id,) in rows]

    def load_document(self, document_id: str) -> Document:
        """Load a document whole.

        Raises:
            LibraryError: There is no such document.
        """
        with self._catalog.reading() as connection:
            return load_document(connection, document_id, text=self._load_text(connection, document_id))

    def load_text(self, document_id: str) -> str:
        """Load the text of a document; those used last stay in memory.

        Raises:
            LibraryError: There is no such document.
        """
        with self._catalog.reading() as connection:
            return self._load_text(connection, document_id)

    def list_documents(self) -> list[DocumentEntry]:
        """List the documents in the order they were added."""
        with self._catalog.reading() as connection:
            return list_documents(connection)

    def statistics(self) -> Statistics:
        """Count documents, windows and characters."""
        with self._catalog.reading() as connection:
            return count_documents(connection)

    def search_dense(self, vector: Vectors, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows nearest to `vector` (shape (dimension,)), best first."""
        _check_k(k)
        return self._vectors.search(vector, k=k, documents=documents)

    def search_lexical(self, question: str, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows that share most with `question` by BM25, best first."""
        _check_k(k)
        with self._catalog.reading() as connection:
            total = self._count_windows(connection)
            return search_terms(connection, question, k=k, total=total, documents=documents, counts=self._term_counts)

    def load_chunks(self, chunk_ids: Sequence[int]) -> list[Chunk]:
        """Return the windows with these ids, in the order asked for.

        Raises:
            LibraryError: A window is not there any more: its document was removed or replaced since the search.
        """
        chunks = []
        with self._catalog.reading() as connection:
            for chunk_id in chunk_ids:
                row = connection.execute(
                    "SELECT document_id, start_offset, end_offset FROM chunks WHERE id = ?", (int(chunk_id),)
                ).fetchone()
                if row is None:
                    raise LibraryError(f"window {chunk_id} is not in the library {self._folder} any more; search again")
                document_id, start, end = row
                text = self._load_text(connection, document_id)
                chunks.append(Chunk(document_id, start, end, text[start:end]))
        return chunks

    def verify(self) -> list[str]:
        """Check the whole library and say in plain words what is wrong; an empty list means clean."""
        try:
            remedy = f"mend it with: rag repair --library {self._folder}"
            return [f"{problem.text}; {remedy}" for problem in self.find_problems()]
        except LibraryError as error:
            return [str(error)]

    def find_problems(self) -> list[Problem]:
        """Check the whole library; an empty list means clean.

        Raises:
            LibraryError: The catalog's file is damaged so that it cannot be read.
        """
        with self._catalog.reading() as connection:
            problems = find_catalog_problems(connection, self.encoder)
            return problems or [Problem(text) for text in self._vectors.find_problems(connection)]

    def mend(self) -> list[str]:
        """Mend all but what has to be made anew from the text of a document, and say what was done.

        Raises:
            LibraryError: The catalog's file is damaged so that it cannot be mended, or cannot be written.
        """
        done = []
        with self._catalog.writing() as connection:
            if list(check_file(connection)):
                rebuild_structures(connection)
                done.append("the indexes of the catalog were built anew")
            done += delete_strays(connection)
            for (document_id,) in connection.execute("SELECT id FROM documents ORDER BY rowid").fetchall():
                done += empty_unreadable(connection, document_id)
            advance_generation(connection)
        self._vectors = VectorCache(self._catalog, self.encoder)
        delete_vector_files(self._folder)
        self._changed = True
        return [*done, "the vector cache was dropped, to be built anew"]

    def load_windows(self, document_id: str) -> tuple[str, list[tuple[int, int]]]:
        """Load how a document was cut, and its windows as they are written down, in order.

        Raises:
            LibraryError: There is no such document.
        """
        with self._catalog.reading() as connection:
            self._require(connection, document_id)
            return load_windows(connection, document_id)

    @property
    def recall(self) -> float:
        """Share of the first ten hits by meaning that are found, 1 while all vectors are compared; see `verify`."""
        return self._vectors.recall

    def save(self) -> None:
        """Write the vector cache, so that the next opening need not build it; the library itself is always stored."""
        try:
            self._vectors.save()
        except (OSError, LibraryError) as error:
            logger.warning("the vector cache of %s could not be written: %s", self._folder, error)

    def close(self) -> None:
        """Save the vector cache if anything changed, and release the files."""
        if (self._changed or self._vectors.loaded) and not self._catalog.read_only:
            self.save()
        self._changed = False
        self._catalog.close()

    def __enter__(self) -> LibraryIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written here."""
        return self._catalog.read_only

    @property
    def _folder(self) -> Path:
        return self._catalog.path.parent

    def _load_text(self, connection: sqlite3.Connection, document_id: str) -> str:
        self._require(connection, document_id)
        return self._texts.load(connection, document_id)

    def _count_windows(self, connection: sqlite3.Connection) -> int:
        """Count the windows; SQLite does so one by one, hence only once for each state of the catalog."""
        generation, count = self._counted
        if generation != load_generation(connection):
            generation, count = load_generation(connection), count_documents(connection).chunks
            self._counted = (generation, count)
        return count

    def _require(self, connection: sqlite3.Connection, document_id: str) -> None:
        if not has_document(connection, document_id):
            raise self._unknown(document_id)

    def _unknown(self, document_id: str) -> LibraryError:
        return LibraryError(
            f"{document_id!r}: no such document in {self._folder}; "
            f"list the ids with: rag documents --library {self._folder}"
        )


def _check_k(k: int) -> None:
    if k < 1:
        raise ArgumentError(f"k = {k}: expected at least 1; ask for one window or more")

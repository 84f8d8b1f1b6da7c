"""The catalog: one SQLite file that holds documents, windows, vectors and terms, and is the truth of a library."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.errors import LibraryError
from rag.index.lexical import TERMS_VERSION, is_outdated, refresh_terms
from rag.index.schema import SCHEMA_VERSION, check_schema, migrate

CATALOG_NAME = "catalog.sqlite"
LOCK_TIMEOUT_SECONDS = 30.0
_OWN_FILES = ("library.json*", "manifest.json*", "vectors-*", f"{CATALOG_NAME}*")


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """The encoder whose vectors a library holds."""

    name: str
    fingerprint: str
    dimension: int


class Catalog:
    """Connections to one `catalog.sqlite`, lent out one transaction at a time.

    Readers see one state for the length of their transaction and are never held up by a writer (WAL). Writers of all
    threads and processes take turns. Safe to share between threads.
    """

    def __init__(self, path: Path, *, lock_timeout: float) -> None:
        self.path = path
        self._lock_timeout = lock_timeout
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls, folder: Path, *, encoder: EncoderRecord | None, lock_timeout: float = LOCK_TIMEOUT_SECONDS
    ) -> Catalog:
        """Open the catalog in `folder`; with an `encoder`, create it where there is none and check that it fits.

        Raises:
            LibraryError: The folder cannot hold a library, or its library is damaged, newer or made with other models.
        """
        path = folder / CATALOG_NAME
        _check_folder(folder, create=encoder is not None)
        catalog = cls(path, lock_timeout=lock_timeout)
        try:
            catalog._prepare()
            if encoder is not None:
                catalog._claim(encoder)
        except BaseException:
            catalog.close()
            raise
        return catalog

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees one state of the catalog."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the one connection that may write: all of it is stored at the end, or nothing if the body raises.

        Raises:
            LibraryError: Another process kept writing for longer than the time-out.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close every connection; those still lent are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = None
        try:
            connection = self._take()
            with connection:
                connection.execute(begin)
                yield connection
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error
        finally:
            if connection is not None:
                self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise LibraryError(f"the library {self.path.parent} is closed; open it again")
            if self._idle:
                return self._idle.pop()
        connection = sqlite3.connect(
            self.path, timeout=self._lock_timeout, isolation_level=None, check_same_thread=False
        )
        connection.text_factory = _decode
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _prepare(self) -> None:
        """Check whose file it is, then bring tables and terms to this version."""
        place = str(self.path)
        with self.reading() as connection:
            old = check_schema(connection, place=place) != SCHEMA_VERSION
            if not old and not is_outdated(connection):
                return
        if old:
            self._use_log()
        with self.writing() as connection:
            migrate(connection, place=place)
            refresh_terms(connection, place=place)

    def _use_log(self) -> None:
        """Let readers and a writer work at the same time (WAL); the file remembers it."""
        connection = self._take()
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error
        finally:
            self._give_back(connection)

    def _claim(self, encoder: EncoderRecord) -> None:
        """Write down the encoder of a library without documents, compare it otherwise."""
        with self.reading() as connection:
            if _fits(load_encoder(connection), encoder):
                return
        with self.writing() as connection:
            known = load_encoder(connection)
            if known is None or not connection.execute("SELECT 1 FROM documents").fetchone():
                connection.execute(
                    "INSERT OR REPLACE INTO library "
                    "(id, encoder_name, encoder_fingerprint, dimension, generation, terms_version) "
                    "VALUES (1, ?, ?, ?, ?, ?)",
                    (encoder.name, encoder.fingerprint, encoder.dimension, _new_generation(), TERMS_VERSION),
                )
            elif not _fits(known, encoder):
                raise LibraryError(
                    f"the library {self.path.parent} was made with the embedding model {known.name} "
                    f"(dimension {known.dimension}, fingerprint {known.fingerprint}), not with {encoder.name} "
                    f"(dimension {encoder.dimension}, fingerprint {encoder.fingerprint}); open it with --embedder "
                    f"{known.name}, or ingest its documents again into a new library with --embedder {encoder.name}"
                )


def _fits(known: EncoderRecord | None, encoder: EncoderRecord) -> bool:
    """Say whether vectors of both encoders compare; names do not matter."""
    return known is not None and (known.fingerprint, known.dimension) == (encoder.fingerprint, encoder.dimension)


def load_encoder(connection: sqlite3.Connection) -> EncoderRecord | None:
    """Load the encoder of a library, None while nobody has claimed it."""
    row = connection.execute("SELECT encoder_name, encoder_fingerprint, dimension FROM library").fetchone()
    return None if row is None else EncoderRecord(*row)


def load_generation(connection: sqlite3.Connection) -> str:
    """Load the name of the state the catalog is in; two states of any catalog never share one."""
    row = connection.execute("SELECT generation FROM library").fetchone()
    return "" if row is None else str(row[0])


def load_cached_generation(connection: sqlite3.Connection) -> str:
    """Load the name of the state the vector file was last written from, "" for none."""
    row = connection.execute("SELECT cached_generation FROM library").fetchone()
    return "" if row is None else str(row[0])


def save_cached_generation(connection: sqlite3.Connection, generation: str) -> None:
    """Write down which state the vector file is made from; call inside a transaction."""
    connection.execute("UPDATE library SET cached_generation = ?", (generation,))


def advance_generation(connection: sqlite3.Connection) -> None:
    """Give the catalog's state a new name; every transaction that changes windows ends with this."""
    connection.execute("UPDATE library SET generation = ?", (_new_generation(),))


def _new_generation() -> str:
    # Random, not counted: after a backup is put back, a counter would give the same name to another state.
    return secrets.token_hex(8)


def encode_text(text: str) -> bytes:
    """Encode a string for `CAST(? AS TEXT)`; file names and texts may hold lone surrogates, which SQLite refuses."""
    return text.encode("utf-8", "surrogatepass")


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def holds_catalog(folder: Path) -> bool:
    """Say whether there is a library in `folder`."""
    return (folder / CATALOG_NAME).is_file()


def _check_folder(folder: Path, *, create: bool) -> None:
    """Create the folder if asked to, and refuse one that is no place for a library."""
    if folder.exists() and not folder.is_dir():
        raise LibraryError(f"{folder} is a file; a library is a folder: name another place")
    try:
        if not holds_catalog(folder):
            if not create:
                raise LibraryError(f"{folder} holds no library (no {CATALOG_NAME}); ingest documents into it first")
            foreign = [entry.name for entry in _list_foreign(folder)]
            if foreign:
                raise LibraryError(
                    f"{folder} holds other things ({', '.join(sorted(foreign)[:3])}) and no library; name an empty "
                    "folder"
                )
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"the folder {folder} cannot be used: {error.strerror}; name another place") from error
    for place in (folder, folder / CATALOG_NAME):
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            raise LibraryError(f"{place} is read-only; give yourself the right to write there or copy the library")


def _list_foreign(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    return [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and not any(entry.match(pattern) for pattern in _OWN_FILES)
    ]


def _explain(error: sqlite3.Error, path: Path) -> LibraryError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryError(f"another process is writing to {path}; wait until it is done and try again")
    if code == sqlite3.SQLITE_NOTADB:
        return LibraryError(f"{path} is not a library catalog (no SQLite file); choose another folder or remove it")
    if code == sqlite3.SQLITE_CORRUPT:
        return LibraryError(f"{path} is damaged ({error}); restore a copy, or remove the folder and ingest again")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return LibraryError(f"{path} cannot be written ({error}); a library needs a folder you may write to")
    if code == sqlite3.SQLITE_FULL:
        return LibraryError(f"no space left for {path} ({error}); make room and try again: what was stored is intact")
    return LibraryError(f"{path}: {error}")

"""The files that documents came from, as they were when they were read."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rag.documents.fingerprint import fingerprint_loaders

_SECOND = 1_000_000_000
_CLOCK_STEP = _SECOND // 20
_COARSE_CLOCK_STEP = 2 * _SECOND


@dataclass(frozen=True, slots=True)
class FileState:
    """A file at the moment `looked`; times in nanoseconds since 1970.

    `digest` is the SHA-256 of its bytes, `loaders` the fingerprint of the code that made a document of them.
    """

    size: int
    modified: int
    looked: int
    digest: str
    loaders: str

    @classmethod
    def measure(cls, path: Path) -> FileState:
        """Read a file and describe it.

        Raises:
            OSError: It cannot be read, or is no regular file.
        """
        looked = time.time_ns()
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(status.st_size, status.st_mtime_ns, looked, digest, fingerprint_loaders())

    def is_untouched(self, path: Path) -> bool:
        """Say, without reading it, whether the file is surely as it was.

        Raises:
            OSError: The file cannot be found.
        """
        status = path.stat()
        # A change within one step of the file system's clock leaves the time as it was. FAT has steps of two seconds.
        step = _CLOCK_STEP if self.modified % _SECOND else _COARSE_CLOCK_STEP
        return (
            (status.st_size, status.st_mtime_ns) == (self.size, self.modified)
            and self.modified < self.looked - step
            and self.loaders == fingerprint_loaders()
        )

    def is_same_content(self, other: FileState) -> bool:
        """Say whether the other file gives the same document."""
        return (self.digest, self.loaders) == (other.digest, other.loaders)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file whose document is in the library."""

    source: str
    document_id: str
    windowing: str
    state: FileState


def load_known_files(connection: sqlite3.Connection) -> dict[str, KnownFile]:
    """Load all files whose documents are in the library, by their source."""
    rows = connection.execute(
        """SELECT source, id, windowing, size, modified, looked, digest, loaders
           FROM documents JOIN files ON document_id = id ORDER BY documents.rowid"""
    )
    return {row[0]: KnownFile(row[0], row[1], row[2], FileState(*row[3:])) for row in rows}


def load_file_state(connection: sqlite3.Connection, document_id: str) -> FileState | None:
    """Load the file of a document as it was, None for one that came from no file."""
    row = connection.execute(
        "SELECT size, modified, looked, digest, loaders FROM files WHERE document_id = ?", (document_id,)
    ).fetchone()
    return None if row is None else FileState(*row)


def save_file_state(connection: sqlite3.Connection, document_id: str, state: FileState) -> None:
    """Write down the file of a document that is there."""
    connection.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
        (document_id, state.size, state.modified, state.looked, state.digest, state.loaders),
    )


def forget_content(connection: sqlite3.Connection, document_ids: Iterable[str]) -> None:
    """Forget what the files of documents held, but not that there were files: they are read again next time."""
    connection.executemany(
        "UPDATE files SET looked = 0, digest = '' WHERE document_id = ?",
        [(document_id,) for document_id in document_ids],
    )

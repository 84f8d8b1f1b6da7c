"""Catalogs where nothing may be written: SQLite keeps its log beside the file, and there it cannot."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.errors import LibraryError


def is_read_only(path: Path) -> bool:
    """Say whether a catalog that is there, its log or its folder may not be written."""
    if not path.exists():
        return False
    return not all(os.access(place, os.W_OK) for place in (path.parent, path, *_list_logs(path)) if place.exists())


class ReadOnlyFile:
    """The way to read a catalog without writing beside it.

    While a writer with more rights is at work, its log and its index of the log are there and SQLite reads them. After
    a clean end there is no log, and the file alone is whole. After a kill there is a log that belongs to the
    file but no index of it: then, as for a catalog of an older version, a copy is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy: TemporaryDirectory[str] | None = None
        self._state: tuple[int, int, int] | None = None
        self._used = ""
        self.uri = ""
        self.refresh()

    def refresh(self) -> bool:
        """Choose the way anew if file or log are others than before; say whether earlier connections are outdated."""
        if self._copy is None:
            self._choose()
        used = f"{self.uri} {self._state}"
        outdated, self._used = used != self._used, used
        return outdated

    def check_unchanged(self) -> None:
        """Make sure that nobody wrote into the file while it was read as one that cannot change.

        Raises:
            LibraryError: Somebody did.
        """
        if self._state is not None and self._state != self._measure():
            raise LibraryError(f"{self._path} was changed by another process while it was read; try again")

    def copy(self) -> None:
        """Take a copy that may be written, and read that from now on.

        Raises:
            LibraryError: There is no room for one.
        """
        with closing(sqlite3.connect(self.uri, uri=True)) as source:
            self._use_copy(lambda target: _back_up(source, target))

    def _choose(self) -> None:
        log, log_index = _list_logs(self._path)
        has_log = log.exists() and log.stat().st_size > 0
        if has_log and not log_index.exists():
            self._use_copy(lambda target: [shutil.copy(path, target.parent) for path in (self._path, log)])
            return
        self._state = None if has_log else self._measure()
        self.uri = f"{self._path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"

    def _measure(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _use_copy(self, make: Callable[[Path], object]) -> None:
        copy = TemporaryDirectory(prefix="rag-read-only-")
        target = Path(copy.name) / self._path.name
        try:
            make(target)
            for path in target.parent.iterdir():
                path.chmod(0o600)
        except (OSError, sqlite3.Error) as error:
            copy.cleanup()
            raise LibraryError(
                f"{self._path} is read-only and has to be copied to be read, which failed ({error}); give yourself the "
                "right to write there, or make room for temporary files"
            ) from error
        self._copy, self._state, self.uri = copy, None, target.as_uri()

    def close(self) -> None:
        """Delete the copy, if there is one."""
        if self._copy is not None:
            self._copy.cleanup()


def _back_up(source: sqlite3.Connection, target: Path) -> None:
    with closing(sqlite3.connect(target)) as connection:
        source.backup(connection)


def _list_logs(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")

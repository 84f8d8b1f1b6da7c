"""The claim of one process on the folder of a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag.errors import DatasetError
from rag.index.catalog import connect

CLAIM_FILE = ".writing"
"""Empty, and it stays: if it were removed, two processes could each hold a file of this name."""


@contextmanager
def claim_folder(path: Path) -> Iterator[None]:
    """Hold a folder, so that no other run writes rows there; reading them is free.

    The lock is SQLite's own, as for libraries: it goes with the process, however that ends, on every system.

    Args:
        path: The folder, which exists.

    Raises:
        DatasetError: Another run is writing there, or the folder cannot be written.
    """
    file = path / CLAIM_FILE
    try:
        claim = connect(str(file), timeout=0.0)
    except sqlite3.Error as error:
        raise _explain(error, path) from error
    with closing(claim):
        try:
            claim.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _explain(error, path) from error
        yield


def _explain(error: sqlite3.Error, path: Path) -> DatasetError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return DatasetError(
            f"{path}: another run is writing its rows there; expected one at a time: wait until it is done, or give "
            "another folder as --out"
        )
    return DatasetError(f"{path}: cannot be used ({error}); give another folder as --out")

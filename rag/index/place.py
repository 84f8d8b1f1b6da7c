"""The folder of a library: what may lie in it, and where."""

from __future__ import annotations

import os
from pathlib import Path

from rag.errors import LibraryError

CATALOG_NAME = "catalog.sqlite"
_OWN_FILES = ("library.json*", "manifest.json*", "vectors-*", f"{CATALOG_NAME}*")


def holds_catalog(folder: Path) -> bool:
    """Say whether there is a library in `folder`."""
    return (folder / CATALOG_NAME).is_file()


def check_folder(folder: Path, *, create: bool) -> None:
    """Create the folder if asked to, and refuse one that is no place for a library.

    Raises:
        LibraryError: It is none, with the reason.
    """
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
            if not os.access(folder, os.W_OK):
                raise LibraryError(f"{folder} may not be written; give yourself the right to, or name another place")
    except OSError as error:
        raise LibraryError(f"the folder {folder} cannot be used: {error.strerror}; name another place") from error
    for place in (folder, folder / CATALOG_NAME):
        if place.exists() and not os.access(place, os.R_OK):
            raise LibraryError(f"{place} may not be read; give yourself the right to read it or copy the library")


def _list_foreign(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    return [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and not any(entry.match(pattern) for pattern in _OWN_FILES)
    ]

"""A whole library in one file: written while others use it, checked before it is taken in."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from rag.errors import LibraryError
from rag.index.catalog import (
    LOCK_TIMEOUT_SECONDS,
    Catalog,
    advance_generation,
    build_damage_error,
    connect,
    explain_sqlite,
)
from rag.index.manifest import replace_file
from rag.index.place import CATALOG_NAME, check_folder, holds_catalog
from rag.index.salvage import salvage
from rag.index.schema import check_schema, migrate

FORMAT = "manazashi-library"
FORMAT_VERSION = 1
DESCRIPTION_NAME = "export.json"
SETTINGS_NAME = "library.json"
_LARGEST_DESCRIPTION = 1 << 20
_LARGEST_RATIO = 200
"""Texts and vectors shrink to a tenth at most; what shrinks more is no library."""
_SMALL = 64 << 20
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an export: its length in bytes and the SHA-256 of its content."""

    size: int
    sha256: str


def export_library(folder: Path, target: Path, *, readable_only: bool = False) -> list[str]:
    """Write catalog and settings of the library in `folder` into a zip file, replacing an older one as a whole.

    Args:
        folder: The library; others may go on changing it meanwhile.
        target: The file to write.
        readable_only: Whether a damaged catalog gives the documents that can be read whole, instead of an error.

    Returns:
        What could not be read, in plain words; always empty unless `readable_only`.

    Raises:
        LibraryError: There is no library, it is damaged, or the file cannot be written.
    """
    lost: list[str] = []
    with closing(Catalog.open(folder, encoder=None)) as catalog:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".export-", dir=target.parent) as work:
                copy = Path(work) / CATALOG_NAME
                if readable_only:
                    damaged = copy.with_name("damaged")
                    catalog.back_up(damaged)  # page by page, whatever they hold
                    with closing(connect(str(damaged))) as connection:
                        lost = salvage(connection, copy)
                else:
                    catalog.back_up(copy)
                    _check_file(copy, place=folder / CATALOG_NAME, refuse=partial(build_damage_error, catalog.path))
                members = {CATALOG_NAME: copy}
                if (folder / SETTINGS_NAME).is_file():
                    members[SETTINGS_NAME] = folder / SETTINGS_NAME
                replace_file(target, lambda file: _write_archive(file, members))
        except OSError as error:
            raise LibraryError(f"{target} cannot be written ({error.strerror}); name another or make room") from error
    return lost


def import_library(source: Path, folder: Path, *, replace: bool = False) -> None:
    """Make the library of an export that in `folder`; whoever has the library open sees the old one or the new one.

    Its settings come with it: those that were there are gone, also where it brings none.

    Args:
        source: A file that `export_library` wrote.
        folder: A folder that holds a library, or nothing.
        replace: Whether a library with documents is replaced.

    Raises:
        LibraryError: The file is damaged, of another program or a newer version, or the folder holds documents.
    """
    check_folder(folder, create=True)
    if not replace and holds_catalog(folder):
        _check_empty(folder)
    try:
        with TemporaryDirectory(prefix=".import-", dir=folder) as work:
            settings = _unpack(source, Path(work))
            copy = Path(work) / CATALOG_NAME
            _check_file(copy, place=source, refuse=partial(_damaged, source))
            _pour(copy, folder)
            if settings:
                replace_file(folder / SETTINGS_NAME, lambda file: file.write((Path(work) / SETTINGS_NAME).read_bytes()))
            else:
                (folder / SETTINGS_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise LibraryError(f"{folder} cannot be written ({error.strerror}); make room or name another") from error


def _write_archive(file: BinaryIO, members: dict[str, Path]) -> None:
    described = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in members.items():
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            archive.write(path, name)
            described[name] = asdict(Member(path.stat().st_size, digest))
        description = {"format": FORMAT, "version": FORMAT_VERSION, "members": described}
        archive.writestr(DESCRIPTION_NAME, json.dumps(description, indent=2))


def _unpack(source: Path, folder: Path) -> bool:
    """Unpack an export after checking it; say whether it holds settings."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = _read_description(source, archive)
            needed = sum(member.size for member in members.values())
            # The catalog is written a second time when it is taken in.
            if 2 * needed > shutil.disk_usage(folder).free:
                raise LibraryError(
                    f"{source} needs {2 * needed:,} bytes, which are not free at {folder.parent}; make room"
                )
            for name, member in members.items():
                _extract(source, archive, name, member, folder / name)
    except FileNotFoundError as error:
        raise LibraryError(f"{source}: no such file; give one that rag export wrote") from error
    except OSError as error:
        raise LibraryError(f"{source} cannot be unpacked ({error.strerror}); check file and disk") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(source, str(error)) from error
    return SETTINGS_NAME in members


def _read_description(source: Path, archive: zipfile.ZipFile) -> dict[str, Member]:
    foreign = LibraryError(f"{source} is no exported library; give a file that rag export wrote")
    names = archive.namelist()
    if DESCRIPTION_NAME not in names:
        raise foreign
    info = archive.getinfo(DESCRIPTION_NAME)
    if info.file_size > _LARGEST_DESCRIPTION:
        raise foreign
    try:
        with archive.open(info) as file:
            description = json.loads(file.read(_LARGEST_DESCRIPTION))
        if description["format"] != FORMAT:
            raise foreign
        version = int(description["version"])
        if version > FORMAT_VERSION:
            raise LibraryError(
                f"{source} was written by a newer version of this program (format {version}, this one knows up to "
                f"{FORMAT_VERSION}); update the program"
            )
        members = {str(name): Member(**fields) for name, fields in description["members"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise foreign from error
    if not {CATALOG_NAME} <= members.keys() <= {CATALOG_NAME, SETTINGS_NAME}:
        raise foreign
    if sorted(names) != sorted([*members, DESCRIPTION_NAME]):
        raise _damaged(source, "it does not hold what it says")
    return members


def _extract(source: Path, archive: zipfile.ZipFile, name: str, member: Member, target: Path) -> None:
    info = archive.getinfo(name)
    if info.file_size != member.size:
        raise _damaged(source, f"{name} has {info.file_size:,} bytes instead of {member.size:,}")
    if member.size > max(_SMALL, _LARGEST_RATIO * info.compress_size):
        raise LibraryError(f"{source}: {name} would unpack to {member.size:,} bytes, as no library does; do not use it")
    digest = hashlib.sha256()
    left = member.size
    with archive.open(info) as packed, target.open("wb") as file:
        while block := packed.read(_BLOCK):
            left -= len(block)
            if left < 0:
                break
            digest.update(block)
            file.write(block)
    if left or digest.hexdigest() != member.sha256:
        raise _damaged(source, f"the checksum of {name} is not the one written down")


def _check_file(catalog: Path, *, place: Path, refuse: Callable[[str], LibraryError]) -> None:
    """Make sure that a copy of a catalog is a sound one of this program, and bring it to this version."""
    try:
        with closing(connect(str(catalog))) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            check_schema(connection, place=str(place))
            if connection.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone():
                raise LibraryError(f"{place} holds programs of others (triggers or views); do not use it")
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise refuse(found)
            connection.execute("BEGIN IMMEDIATE")
            migrate(connection, place=str(place))
            connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise refuse(str(error)) from error


def _check_empty(folder: Path) -> None:
    with closing(Catalog.open(folder, encoder=None)) as catalog, catalog.reading() as connection:
        (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
    if documents:
        raise LibraryError(
            f"{folder} holds a library of {documents} documents; name another folder, or replace it with --replace"
        )


def _pour(copy: Path, folder: Path) -> None:
    """Put the copy in place of the catalog in one transaction, so that it is there whole or not at all."""
    place = folder / CATALOG_NAME
    with closing(connect(str(copy))) as source, closing(connect(str(place))) as target:
        try:
            target.execute("PRAGMA journal_mode = WAL")
            last = _load_last_window(target)
            source.execute("BEGIN IMMEDIATE")
            if last:
                _renumber(source, by=last)
            advance_generation(source)
            source.execute("COMMIT")
            source.backup(target, progress=_build_patience(place))
        except sqlite3.Error as error:
            raise explain_sqlite(error, place) from error


def _load_last_window(connection: sqlite3.Connection) -> int:
    """Return the highest id a window of the library ever had, 0 for a new one."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'chunks'").fetchone() is None:
        return 0
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
    return 0 if row is None else int(row[0])


def _renumber(connection: sqlite3.Connection, *, by: int) -> None:
    """Give the windows ids that no window of the replaced library ever had: other processes know those."""
    connection.execute("UPDATE chunks SET id = -(id + ?)", (by,))
    connection.execute("UPDATE chunks SET id = -id")
    connection.execute("CREATE TEMP TABLE kept AS SELECT rowid + ? AS id, terms FROM chunk_terms", (by,))
    connection.execute("DELETE FROM chunk_terms")
    connection.execute("INSERT INTO chunk_terms (rowid, terms) SELECT id, terms FROM kept")
    connection.execute("DROP TABLE kept")
    connection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'chunks'", (by,))


def _build_patience(place: Path) -> Callable[[int, int, int], None]:
    """Build what ends the waiting for another writer: SQLite's backup would wait for ever."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS

    def check(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise LibraryError(f"another process is writing to {place}; wait until it is done and try again")

    return check


def _damaged(source: Path, reason: str) -> LibraryError:
    return LibraryError(f"{source} is damaged ({reason}); copy it again from where it was written")

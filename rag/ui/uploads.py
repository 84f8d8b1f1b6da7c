"""Files given through the page: kept in the library's folder, where a file of the same name replaces the old one."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.documents.container import INSIDE
from rag.documents.losses import describe_losses
from rag.errors import ArgumentError
from rag.ui.words import Words, language_of

if TYPE_CHECKING:
    from rag.ingest.ingest import IngestProgress
    from rag.ingest.report import IngestReport
    from rag.library.library import Library

FOLDER = "uploads"
LONGEST_NAME = 240
"""Bytes; file systems allow 255."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True, slots=True)
class UploadReport:
    """What became of the files: counts, (file name, reason) of those that could not be used, and what was lost of them.

    `removed` counts the documents that are gone from an archive or a mail that replaced an older one. A document of
    one of these, and a member that could not be read, is called by the name of the file, "!/" and its own.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()


def build_file_name(name: str) -> str:
    """Turn the name a browser gave into one that is safe in the upload folder.

    Names are NFC, for macOS sends NFD; separators, control and direction characters become "_"; a leading dot goes,
    for hidden files are not read.

    Raises:
        ArgumentError: Nothing usable is left, or the name is too long.
    """
    safe = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).lstrip(". ").rstrip(". ")
    if not Path(safe).stem.strip("_"):
        raise ArgumentError(f"{name!r}: no usable file name; expected at least one letter: rename the file")
    if len(safe.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise ArgumentError(f"{name!r}: the file name is over {LONGEST_NAME} bytes; rename the file")
    return safe


def add_uploads(
    library: Library, files: Sequence[Path], words: Words, *, progress: IngestProgress | None = None
) -> UploadReport:
    """Move uploaded files into the library's folder and read them in.

    A file that cannot be read does not stay; an older one of its name comes back in its place.

    Args:
        library: Where they go.
        files: Temporary files under the names the browser gave.
        words: Language of the reasons.
        progress: Called as the work goes on.

    Raises:
        RagError: The library could not be changed.
    """
    library.statistics()  # opens it: a new library is made in an empty folder only, before the uploads are in it
    folder = (library.folder / FOLDER).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    failed: list[tuple[str, str]] = []
    with TemporaryDirectory(prefix=".replaced-", dir=folder) as replaced:
        taken: list[Path] = []
        for file in files:
            try:
                target = folder / build_file_name(file.name)
            except ArgumentError:
                failed.append((file.name, words["report_name"]))
                continue
            if target in taken:
                failed.append((file.name, words["report_twice"]))
                continue
            if target.exists():
                shutil.move(target, replaced)
            shutil.move(file, target)
            taken.append(target)
        report = library.add(taken, progress=progress)
        of_use = _find_used(library, report, folder) if report.failed else set()
        for failure in report.failed:
            path = Path(failure.path)
            name = _shorten(failure.path, folder)
            failed.append((name, failure.error.removeprefix(f"{failure.path}: ").replace(failure.path, name)))
            if path not in taken or path in of_use:  # a member, or the rest, of a file that gave other documents
                continue
            path.unlink(missing_ok=True)
            older = Path(replaced) / path.name
            if older.exists():
                shutil.move(older, path)
    lost = tuple(
        (_shorten(entry.source, folder), describe_losses(entry.losses, language=language_of(words)))
        for entry in report.losses
    )
    return UploadReport(
        len(report.added), len(report.updated), len(report.unchanged), len(report.removed), tuple(failed), lost
    )


def _find_used(library: Library, report: IngestReport, folder: Path) -> set[Path | None]:
    """Find the files that documents came from just now."""
    came = {*report.added, *report.updated, *report.unchanged}
    return {_find_upload(entry.source, folder) for entry in library.documents() if entry.id in came}


def _find_upload(source: str, folder: Path) -> Path | None:
    """The file in the upload folder that a document came from, itself or as a member; None where it is elsewhere."""
    name = _shorten(source, folder)
    return folder / name.partition(INSIDE)[0] if name != source else None


def _shorten(source: str, folder: Path) -> str:
    """Name of a file in the upload folder, with that of a member of it: where we keep files is nobody's business."""
    return source.removeprefix(f"{folder}/")


def remove_document(library: Library, document_id: str) -> str:
    """Remove a document, and its copy when it came through the page; other files of people stay.

    The copy of an archive or a mail stays as long as there is a document of it.

    Returns:
        Its title.

    Raises:
        LibraryError: There is no such document.
    """
    document = library.document(document_id)
    library.remove(document_id)
    folder = (library.folder / FOLDER).resolve()
    file = _find_upload(document.source, folder)
    if file is not None and all(_find_upload(entry.source, folder) != file for entry in library.documents()):
        file.unlink(missing_ok=True)
    return document.title

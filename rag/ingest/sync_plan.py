"""What is to be done so that a library holds what is in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.documents.formats import find_container, locate_file
from rag.documents.loading import find_files
from rag.errors import DocumentError
from rag.index.files import KnownFile
from rag.index.library_index import LibraryIndex
from rag.ingest.changes import KnownFiles, Look
from rag.ingest.report import Failure


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a folder's files ask for; all but `unchanged` have to be done."""

    added: tuple[Look, ...]
    updated: tuple[Look, ...]
    moved: tuple[tuple[KnownFile, Look], ...]
    removed: tuple[KnownFile, ...]
    unchanged: tuple[Look, ...]
    failed: tuple[Failure, ...]

    @property
    def is_idle(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.added or self.updated or self.moved or self.removed)


def plan_sync(folder: Path, *, index: LibraryIndex, windowing: str) -> SyncPlan:
    """Compare a folder, with all below it, with the documents that came from files there; changes nothing.

    A file that is gone and one of the same content that is new are one file that was moved. A document is only removed
    if it came from a file below the folder and that file is surely gone.

    Raises:
        DocumentError: The folder is not there, or a part of it cannot be read.
    """
    known = KnownFiles(index, windowing=windowing)
    looks: list[Look] = []
    failed: list[Failure] = []
    found: set[str] = set()
    for path in find_followed(folder):
        try:
            found.add(str(path.resolve()))
            looks.append(known.look(path))
        except OSError as error:
            failed.append(Failure(str(path), f"{path}: cannot be read ({error.strerror or error}); check its rights"))
    root = folder.resolve()
    gone = [
        file
        for source, files in known.files.items()
        for file in files
        if source not in found and Path(source).is_relative_to(root) and is_gone(Path(source))
    ]
    new = [look for look in looks if not look.known]
    moved = _match_moves(gone, new)
    sources = {origin.source for origin, _ in moved}
    arrived = {look.path for _, look in moved}
    return SyncPlan(
        added=tuple(look for look in new if look.path not in arrived),
        updated=tuple(look for look in looks if look.known and not look.same),
        moved=tuple(moved),
        removed=tuple(file for file in gone if file.source not in sources),
        unchanged=tuple(look for look in looks if look.same),
        failed=tuple(failed),
    )


def find_followed(folder: Path) -> list[Path]:
    """Find the files to load below a folder; none is fine, an unreadable folder is not."""
    if not folder.is_dir():
        raise DocumentError(
            f"{folder}: フォルダーがありません。フォルダーを指定してください / no such folder; expected one to follow; "
            "check the path, or whether its drive is there"
        )
    try:
        return find_files([folder])
    except DocumentError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return []  # readable, without a document


def is_gone(path: Path) -> bool:
    """Say whether a file is surely not there: a folder that may not be looked into proves nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _match_moves(gone: list[KnownFile], new: list[Look]) -> list[tuple[KnownFile, Look]]:
    origins: dict[str, list[KnownFile]] = {}
    for file in gone:
        if find_container(locate_file(file.source)) is not None:
            continue  # what holds several documents is read anew
        origins.setdefault(file.state.digest, []).append(file)
    moved = []
    for look in new:
        candidates = origins.get(look.state.digest if look.state is not None else "", [])
        if candidates:
            # Of several with the same content, one of the same name goes first.
            best = max(candidates, key=lambda file: Path(file.source).name == look.path.name)
            candidates.remove(best)
            moved.append((best, look))
    return moved

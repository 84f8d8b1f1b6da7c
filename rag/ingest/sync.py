"""A library that follows a folder: what is new, changed, moved or gone there, is so in the library afterwards."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from rag.chunks.windowing import Windowing
from rag.documents.document import Document
from rag.documents.formats import locate_file
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.embeddings.encoder import Encoder
from rag.errors import DocumentError, LibraryError, RagError
from rag.index.files import KnownFile
from rag.index.library_index import LibraryIndex
from rag.ingest.changes import Look
from rag.ingest.file_readers import FileReaders
from rag.ingest.ingest import IngestProgress, ingest
from rag.ingest.limits import READING_LIMITS, ReadingLimits
from rag.ingest.report import Failure, RunReport
from rag.ingest.sync_plan import SyncPlan, is_gone

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Move:
    """A file that is elsewhere now: the document keeps its windows and vectors."""

    origin: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport(RunReport):
    """What became of a folder's files, by path; `failed` ones keep the documents they had."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    moved: tuple[Move, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do or to tell."""
        return not (self.added or self.updated or self.moved or self.removed or self.failed)


def describe_plan(plan: SyncPlan, *, index: LibraryIndex, began: float) -> SyncReport:
    """Say what a plan would do; `began` is the `time.perf_counter` of its begin."""
    return SyncReport(
        added=tuple(str(look.path) for look in plan.added),
        updated=tuple(str(look.path) for look in plan.updated),
        moved=tuple(Move(origin.source, str(look.path)) for origin, look in plan.moved),
        removed=tuple(file.source for file in plan.removed),
        unchanged=tuple(str(look.path) for look in plan.unchanged),
        failed=plan.failed,
        totals=index.statistics(),
        seconds=time.perf_counter() - began,
    )


def note_unchanged(plan: SyncPlan, *, index: LibraryIndex) -> None:
    """Write down files that were touched and still hold the same, so that they need not be read next time."""
    for look in plan.unchanged:
        settled = look.settled
        for each in look.known:
            index.update_entry(each.document_id, file=settled, tags=None)


def apply_sync(
    plan: SyncPlan,
    *,
    index: LibraryIndex,
    encoder: Encoder,
    windowing: Windowing,
    progress: IngestProgress | None = None,
    limits: ReadingLimits = READING_LIMITS,
    began: float,
) -> SyncReport:
    """Do what a plan says, one document at a time; an interruption leaves every document whole, old or new.

    Files are read in other processes within `limits`, as by `ingest`.

    Raises:
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    sources = {each.document_id: each.source for look in plan.updated for each in look.known}
    with closing(FileReaders(limits)) as readers:
        moves = _move_all(plan, index, readers)
    again = [look.path for look in (*plan.updated, *plan.added, *moves.others)]
    report = ingest(again, index=index, encoder=encoder, windowing=windowing, progress=progress, limits=limits)
    removed = (*plan.removed, *moves.left)
    gone = [file.source for file in removed if is_gone(Path(locate_file(file.source))) and _remove(file, index)]
    note_unchanged(plan, index=index)
    if gone or moves.moved:
        index.save()
    sources |= {entry.id: entry.source for entry in index.list_documents()}
    return SyncReport(
        added=tuple(sources.get(document_id, document_id) for document_id in report.added),
        updated=tuple(sources.get(document_id, document_id) for document_id in report.updated),
        moved=tuple(moves.moved),
        removed=(*gone, *(sources.get(document_id, document_id) for document_id in report.removed)),
        unchanged=(
            *(str(look.path) for look in plan.unchanged),
            *(sources.get(document_id, document_id) for document_id in report.unchanged),
        ),
        failed=(*plan.failed, *moves.failed, *report.failed),
        losses=(*moves.losses, *report.losses),
        totals=index.statistics(),
        seconds=time.perf_counter() - began,
    )


@dataclass(slots=True)
class _Moves:
    """What became of the files that seemed to be moved; `others` are to be ingested, and `left` where they were."""

    moved: list[Move] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    losses: list[LossEntry] = field(default_factory=list)
    others: list[Look] = field(default_factory=list)
    left: list[KnownFile] = field(default_factory=list)


def _move_all(plan: SyncPlan, index: LibraryIndex, readers: FileReaders) -> _Moves:
    moves = _Moves()
    for origin, look in plan.moved:
        try:
            document = _move(origin, look, index, readers)
        except DocumentError as error:
            moves.failed.append(Failure(str(look.path), str(error)))
            continue
        if document is None:
            moves.others.append(look)
            moves.left.append(origin)
            continue
        moves.moved.append(Move(origin.source, str(look.path)))
        if not document.losses.is_clean:
            moves.losses.append(LossEntry(document.source, document.title, document.losses))
    return moves


def _move(origin: KnownFile, look: Look, index: LibraryIndex, readers: FileReaders) -> Document | None:
    """Move a document and return it as it is now; None if the file has to be ingested in the common way."""
    document = _read(look.path, readers)
    state = look.settled
    if document is None or state is None:
        return None  # changed meanwhile
    try:
        if index.find_source(document.source) is not None:
            return None  # something else came from there
        if not _is_same(index.load_document(origin.document_id), document, origin.windowing):
            return None
        index.move_document(origin.document_id, document, file=state)
    except LibraryError:
        if origin.document_id in {entry.id for entry in index.list_documents()}:
            raise
        return None  # another process removed it
    return document


def _read(path: Path, readers: FileReaders) -> Document | None:
    """Read the one document in a file; None if there are several.

    Raises:
        DocumentError: It cannot be read.
    """
    try:
        found = [*readers.read(path)]
    except RagError:
        raise
    except Exception as error:
        logger.exception("%s was not read", path)
        raise DocumentError(f"{path}: {type(error).__name__}: {error}") from error
    for each in found:
        if isinstance(each, Unread):
            raise DocumentError(each.error)
    return found[0] if len(found) == 1 and isinstance(found[0], Document) else None


def _is_same(known: Document, document: Document, windowing: str) -> bool:
    """Whether text and what stands above the windows are as they were: other loaders may read them otherwise."""
    if known.text != document.text:
        return False
    above = (known.title, known.anchors) == (document.title, document.anchors)
    how = Windowing.read(windowing)
    return above or how is None or (how.context == "none" and how.boundary != "articles")


def _remove(file: KnownFile, index: LibraryIndex) -> bool:
    """Remove the document of a file that is gone, if it is still the one that is known."""
    if index.find_source(file.source) != file.document_id:
        return False
    index.remove_document(file.document_id)
    return True

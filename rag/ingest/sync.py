"""A library that follows a folder: what is new, changed, moved or gone there, is so in the library afterwards."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.chunks.context import Context
from rag.chunks.windows import Unit
from rag.documents.formats import locate_file
from rag.documents.loading import load_document
from rag.embeddings.encoder import Encoder
from rag.errors import DocumentError, LibraryError
from rag.index.files import KnownFile
from rag.index.library_index import LibraryIndex
from rag.ingest.changes import Look
from rag.ingest.ingest import Failure, IngestProgress, ingest
from rag.ingest.sync_plan import SyncPlan, is_gone


@dataclass(frozen=True, slots=True)
class Move:
    """A file that is elsewhere now: the document keeps its windows and vectors."""

    origin: str
    target: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What became of a folder's files, by path; `failed` ones keep the documents they had.

    `documents`, `chunks` and `characters` count the whole library afterwards.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    moved: tuple[Move, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[Failure, ...]
    documents: int
    chunks: int
    characters: int
    seconds: float

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do or to tell."""
        return not (self.added or self.updated or self.moved or self.removed or self.failed)


def describe_plan(plan: SyncPlan, *, index: LibraryIndex, began: float) -> SyncReport:
    """Say what a plan would do; `began` is the `time.perf_counter` of its begin."""
    return _build_report(
        index,
        began,
        added=[str(look.path) for look in plan.added],
        updated=[str(look.path) for look in plan.updated],
        moved=[Move(origin.source, str(look.path)) for origin, look in plan.moved],
        removed=[file.source for file in plan.removed],
        unchanged=[str(look.path) for look in plan.unchanged],
        failed=plan.failed,
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
    size: int,
    stride: int,
    unit: Unit = "characters",
    context: Context = "none",
    progress: IngestProgress | None = None,
    began: float,
) -> SyncReport:
    """Do what a plan says, one document at a time; an interruption leaves every document whole, old or new.

    Raises:
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    failed = list(plan.failed)
    moved: list[Move] = []
    again = [look.path for look in (*plan.updated, *plan.added)]
    removed = list(plan.removed)
    for origin, look in plan.moved:
        try:
            if _move(origin, look, index):
                moved.append(Move(origin.source, str(look.path)))
            else:
                again.append(look.path)
                removed.append(origin)
        except DocumentError as error:
            failed.append(Failure(str(look.path), str(error)))
    report = ingest(
        again, index=index, encoder=encoder, size=size, stride=stride, unit=unit, context=context, progress=progress
    )
    failed += report.failed
    gone = [file.source for file in removed if is_gone(Path(locate_file(file.source))) and _remove(file, index)]
    note_unchanged(plan, index=index)
    if gone or moved:
        index.save()
    sources = {entry.id: entry.source for entry in index.list_documents()}
    return _build_report(
        index,
        began,
        added=[sources.get(document_id, document_id) for document_id in report.added],
        updated=[sources.get(document_id, document_id) for document_id in report.updated],
        moved=moved,
        removed=gone,
        unchanged=[
            *(str(look.path) for look in plan.unchanged),
            *(sources.get(document_id, document_id) for document_id in report.unchanged),
        ],
        failed=failed,
    )


def _move(origin: KnownFile, look: Look, index: LibraryIndex) -> bool:
    """Move a document; False if the file has to be ingested in the common way."""
    document = load_document(look.path)
    state = look.settled
    try:
        if index.find_source(document.source) is not None:
            return False  # something else came from there
        if state is None or index.load_text(origin.document_id) != document.text:
            return False  # changed meanwhile, or read by other loaders
        index.move_document(origin.document_id, document, file=state)
    except LibraryError:
        if origin.document_id in {entry.id for entry in index.list_documents()}:
            raise
        return False  # another process removed it
    return True


def _remove(file: KnownFile, index: LibraryIndex) -> bool:
    """Remove the document of a file that is gone, if it is still the one that is known."""
    if index.find_source(file.source) != file.document_id:
        return False
    index.remove_document(file.document_id)
    return True


def _build_report(
    index: LibraryIndex,
    began: float,
    *,
    added: Sequence[str],
    updated: Sequence[str],
    moved: Sequence[Move],
    removed: Sequence[str],
    unchanged: Sequence[str],
    failed: Sequence[Failure],
) -> SyncReport:
    totals = index.statistics()
    return SyncReport(
        added=tuple(added),
        updated=tuple(updated),
        moved=tuple(moved),
        removed=tuple(removed),
        unchanged=tuple(unchanged),
        failed=tuple(failed),
        documents=totals.documents,
        chunks=totals.chunks,
        characters=totals.characters,
        seconds=time.perf_counter() - began,
    )

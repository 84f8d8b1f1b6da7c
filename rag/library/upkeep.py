"""Upkeep of a library: following a folder, mending, choosing documents."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.config.settings import Settings
from rag.documents.formats import find_container, locate_file
from rag.index.library_index import LibraryIndex
from rag.ingest.ingest import IngestProgress
from rag.ingest.limits import ReadingLimits
from rag.ingest.repair import RepairReport, repair
from rag.ingest.report import IngestReport
from rag.ingest.sync import SyncReport, apply_sync, describe_plan, note_unchanged
from rag.ingest.sync_plan import plan_sync
from rag.ingest.unchanged import report_unchanged

if TYPE_CHECKING:
    from rag.library.library import Library


def build_limits(settings: Settings) -> ReadingLimits:
    """Return what reading a file may take."""
    return ReadingLimits(settings.reading_seconds, settings.reading_memory * 2**20)


def add_unchanged(
    library: Library, index: LibraryIndex, paths: Sequence[str | Path], tags: Mapping[str, str] | None
) -> IngestReport | None:
    """Report on files that are all as they were, without a model; None where there is something to do."""
    settings = library.settings
    if index.read_only or index.encoder.name != settings.embedder:
        return None
    windowing = str(settings.windowing)
    return report_unchanged(paths, index=index, windowing=windowing, tags=tags)


def sync_folder(
    library: Library, index: LibraryIndex, folder: Path, *, dry_run: bool, progress: IngestProgress | None
) -> SyncReport:
    """Plan with `index`, which needs no model, and do it with one only where there is something to do."""
    settings = library.settings
    began = time.perf_counter()
    windowing = str(settings.windowing)
    plan = plan_sync(folder, index=index, windowing=windowing)
    idle = plan.is_idle and not index.find_other_windowing(windowing)
    if idle and not dry_run:
        note_unchanged(plan, index=index)
    if idle or dry_run:
        return describe_plan(plan, index=index, began=began)
    return apply_sync(
        plan,
        index=library.index_to_write(),
        encoder=library.encoder,
        windowing=settings.windowing,
        progress=progress,
        limits=build_limits(settings),
        began=began,
    )


def remove_document(index: LibraryIndex, document_id: str) -> None:
    """Remove a document; of an archive or a mail, so that it comes back when that is taken in again.

    Raises:
        LibraryError: There is no such document.
    """
    file = locate_file(index.load_document(document_id).source)
    if find_container(file) is not None:
        index.forget_content(file)
    index.remove_document(document_id)


def repair_library(library: Library) -> RepairReport:
    """Mend a library with its own models."""
    return repair(library.index, encoder=library.encoder, windowing=library.settings.windowing)


def choose_documents(
    index: LibraryIndex, documents: Sequence[str] | None, where: str | Iterable[str]
) -> list[str] | None:
    """Return the ids a search is held to: those given that satisfy all filters; None for all documents.

    Raises:
        ArgumentError: A filter is not understood, or asks for a tag that no document has.
        LibraryError: A document id is unknown.
    """
    index.check_documents(documents or ())
    filters = [where] if isinstance(where, str) else list(where)
    if not any(expression.strip() for expression in filters):
        return None if documents is None else list(documents)
    found = index.find_documents(filters)
    if documents is None:
        return found
    return [document_id for document_id in documents if document_id in set(found)]

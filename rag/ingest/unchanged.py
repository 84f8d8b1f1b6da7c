"""The short way for files that are all as they were: it needs no model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.index.files import FileState
from rag.index.library_index import LibraryIndex
from rag.index.tags import check_tags
from rag.ingest.changes import KnownFiles
from rag.ingest.ingest import find_each_file
from rag.ingest.report import IngestReport


def report_unchanged(
    paths: Sequence[str | Path], *, index: LibraryIndex, windowing: str, tags: Mapping[str, str] | None = None
) -> IngestReport | None:
    """Report as `ingest` does where it would find nothing to do but to tag; None, with nothing done, elsewhere."""
    began = time.perf_counter()
    checked = check_tags(tags or {})
    if index.find_other_windowing(windowing):
        return None
    known = KnownFiles(index, windowing=windowing)
    states: dict[str, FileState | None] = {}
    for path, failure in find_each_file(paths).items():
        try:
            look = None if failure is not None else known.look(path)
        except OSError:
            return None
        if look is None or not look.same:
            return None
        states |= dict.fromkeys((each.document_id for each in look.known), look.state)
    for document_id, state in states.items():
        index.update_entry(document_id, file=state, tags=checked)
    return IngestReport(
        added=(),
        updated=(),
        unchanged=tuple(states),
        failed=(),
        totals=index.statistics(),
        seconds=time.perf_counter() - began,
    )

"""Following a folder as its files change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from rag.errors import DocumentError
from rag.ingest.sync_plan import find_followed

INTERVAL = 2.0
"""Seconds between two looks at a folder."""

LONGEST_UNREST = 10
"""Looks after which a folder that never comes to rest is synchronised all the same."""


def watch(
    folder: Path,
    synchronise: Callable[[], bool],
    *,
    interval: float = INTERVAL,
    stop: Event | None = None,
) -> None:
    """Call `synchronise` now and whenever the files of a folder changed and came to rest, until `stop` is set.

    Files are looked at every `interval` seconds, which works on network drives too, where systems tell no changes.
    Where `synchronise` says that it failed, it is called again after the next look.
    """
    stop = stop or Event()
    done: Mapping[str, tuple[int, int]] | None = None
    before = _snapshot(folder)
    unrest = 0
    while True:
        if before != done and unrest == 0:
            done = before if synchronise() else None
        if stop.wait(interval):
            return
        now = _snapshot(folder)
        unrest = unrest + 1 if now != before and unrest < LONGEST_UNREST else 0
        before = now


def _snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file; nothing while the folder cannot be read."""
    files = {}
    try:
        for path in find_followed(folder):
            status = path.stat()
            files[str(path)] = (status.st_size, status.st_mtime_ns)
    except (OSError, DocumentError):
        return {}
    return files

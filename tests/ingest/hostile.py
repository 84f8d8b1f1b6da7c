"""Stands in for the loaders, in the process that reads: files whose names say what harm they do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from rag.documents import loading
from rag.documents.heartbeat import beat
from rag.ingest.file_readers import Found


def load_documents(path: Path) -> Iterator[Found]:
    """Load a file, and then do as it is called."""
    if path.stem == "error":
        raise IndexError("list index out of range")
    if path.stem == "endless":
        time.sleep(600)
    if path.stem == "slow":
        for _ in range(6):
            beat()
            time.sleep(0.5)
    if path.stem == "stalled":
        beat()
        time.sleep(600)
    if path.stem == "memory":
        _ = [bytes(2**20) for _ in range(10_000)]
    if path.stem == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if path.stem == "prints":
        os.write(1, b"a library that prints")
    yield from loading.load_documents(path)
    if path.stem == "late":
        os.abort()

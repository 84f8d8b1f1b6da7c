"""Processes that read files, so that no file can hurt the one that keeps the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rag.documents.document import Document
from rag.documents.formats import find_container
from rag.documents.loading import load_documents
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.errors import DocumentError
from rag.ingest.limits import READING_LIMITS, ReadingLimits
from rag.ingest.process import WorkerProcess

Found = Document | Unread | LossEntry


class FileReaders:
    """Reads files, each in a process with bounded time and memory; the processes are kept for the next files.

    A file over which its process runs out of time or memory, or dies, is `Unread`, after the documents that came of it
    before; the next file gets another process.
    """

    def __init__(self, limits: ReadingLimits = READING_LIMITS) -> None:
        self._limits = limits
        self._idle: list[WorkerProcess] = []
        self._all: list[WorkerProcess] = []

    def read(self, file: Path) -> Iterator[Found]:
        """Read a file; yield what `load_documents` finds in it.

        Raises:
            Exception: Whatever a loader should not have raised.
        """
        yield from self.start(file)()

    def start(self, file: Path) -> Callable[[], Iterator[Found]]:
        """Begin to read a file beside other work; what is returned gives the results as `read` does.

        Raises:
            Exception: From what is returned: whatever a loader should not have raised.
        """
        process = self._idle.pop() if self._idle else self._add()
        receive = process.start(load_documents, file, limits=self._limits)

        def read() -> Iterator[Found]:
            try:
                yield from receive()
            except DocumentError as error:
                source = str(file) if find_container(file.name) is None else str(file.resolve())
                yield Unread(source, f"{source}: {error}")
            except Exception:
                self._idle.append(process)
                raise
            self._idle.append(process)

        return read

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._all:
            process.close()
        for process in self._all:
            process.wait()
        self._idle.clear()
        self._all.clear()

    def _add(self) -> WorkerProcess:
        process = WorkerProcess()
        self._all.append(process)
        return process

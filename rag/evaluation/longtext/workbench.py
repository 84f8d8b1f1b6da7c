"""A library of one set of documents, built anew for every way to make windows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING

from rag.chunks.windowing import Windowing
from rag.library.library import Library

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.documents.document import Document

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a library takes: vectors, characters of text, seconds to build it by the clock, and bytes on disk."""

    vectors: int
    characters: int
    seconds: float
    bytes: int


class Workbench:
    """Holds one library at a time, in a folder that is gone afterwards."""

    def __init__(self, documents: Sequence[Document], settings: Settings) -> None:
        """Take what libraries are made of.

        Args:
            documents: Go into every library.
            settings: Of the libraries, but for their folder and windows.
        """
        self._documents = documents
        self._settings = settings
        self._folder: TemporaryDirectory[str] | None = None
        self._library: Library | None = None
        self._windowing: Windowing | None = None
        self._cost: Cost | None = None

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def take(self, windowing: Windowing) -> tuple[Library, Cost]:
        """Return the library with these windows and what it took to build; the one before is gone then."""
        if self._library is None or self._cost is None or self._windowing != windowing:
            self._clear()
            self._folder = TemporaryDirectory(prefix="manazashi-")
            settings = replace(
                self._settings,
                library=self._folder.name,
                size=windowing.size,
                stride=windowing.stride,
                unit=windowing.unit,
                boundary=windowing.boundary,
                context=windowing.context,
                pooling=windowing.pooling,
            )
            self._cost = _build(settings, self._documents)
            self._library, self._windowing = Library.open(settings.library, settings=settings), windowing
        return self._library, self._cost

    def _clear(self) -> None:
        if self._library is not None:
            self._library.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._library = self._folder = self._cost = None


def _build(settings: Settings, documents: Sequence[Document]) -> Cost:
    """Build a library and close it, so that everything is on disk; loading the model is not counted."""
    with Library.open(settings.library, settings=settings) as library:
        library.index_to_write()
        begun = time.perf_counter()
        report = library.add_documents(documents)
        seconds = time.perf_counter() - begun
    size = sum(file.stat().st_size for file in Path(settings.library).rglob("*") if file.is_file())
    return Cost(report.chunks, report.characters, seconds, size)

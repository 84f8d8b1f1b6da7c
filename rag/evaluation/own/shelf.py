"""The same documents as libraries of different settings, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING

from rag.config.settings import MANIFEST_KEYS
from rag.library.library import Library

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.documents.document import Document


class Shelf:
    """Builds libraries in a temporary folder as they are asked for; the documents come in anew only for other windows.

    A library it gave is closed when the next is asked for.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        """Take the documents."""
        self.documents = documents
        self._stack = ExitStack()
        self._settings: Settings | None = None
        self._library: Library | None = None
        self._folder = ""

    def open(self, settings: Settings) -> Library:
        """Return a library of these settings; asked for again at once, the same one."""
        if self._library is not None and settings == self._settings:
            return self._library
        self.close_library()
        if self._settings is None or _windows(settings) != _windows(self._settings):
            self._stack.close()
            self._folder = self._stack.enter_context(TemporaryDirectory(prefix="manazashi-"))
            with Library.open(self._folder, settings=replace(settings, library=self._folder)) as fresh:
                fresh.add_documents(self.documents)
        self._settings = settings
        self._library = Library.open(self._folder, settings=replace(settings, library=self._folder))
        return self._library

    def close_library(self) -> None:
        """Close the library that is open."""
        if self._library is not None:
            self._library.close()
            self._library = None

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_library()
        self._stack.close()


def _windows(settings: Settings) -> list[object]:
    return [getattr(settings, name) for name in MANIFEST_KEYS]

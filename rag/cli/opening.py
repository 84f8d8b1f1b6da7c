"""Opening of the library that a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.config.settings import Settings

if TYPE_CHECKING:
    from rag.library.library import Library


def open_library(settings: Settings, *, create: bool = False) -> Library:
    """Open the library of the settings; one that is not there is made only if asked for."""
    from rag.library.library import Library

    return Library.open(settings.library, settings=settings, create=create)

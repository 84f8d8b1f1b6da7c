"""Libraries whose vectors need no model."""

from __future__ import annotations

from pathlib import Path

from rag.index.library_index import LibraryIndex
from tests.fakes import FakeEncoder


def open_library(folder: Path) -> LibraryIndex:
    """Open the library in a folder, or make one there, for a `FakeEncoder`."""
    encoder = FakeEncoder()
    return LibraryIndex.open(
        folder, dimension=encoder.dimension, encoder_fingerprint=encoder.fingerprint, encoder_name=encoder.name
    )

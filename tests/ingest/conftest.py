"""What the tests of taking documents in share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.index.library_index import LibraryIndex
from tests.ingest.fake_library import open_library


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LibraryIndex]:
    """A library without documents; whatever a test does to it leaves it sound."""
    with open_library(tmp_path / "蔵書") as opened:
        yield opened
        assert opened.verify() == []

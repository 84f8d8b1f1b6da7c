"""A library of three documents with two windows each, and ways to open it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.index.library_index import LibraryIndex
from tests.conformance.search_index import DIMENSION, TEXTS, build_document, build_vectors, split

Open = Callable[[], LibraryIndex]


def open_index(folder: Path, *, fingerprint: str = "f" * 16, name: str = "模型A", **options: object) -> LibraryIndex:
    arguments = {"dimension": DIMENSION, "lock_timeout": 5.0} | options
    return LibraryIndex.open(folder, encoder_fingerprint=fingerprint, encoder_name=name, **arguments)


def add(index: LibraryIndex, title: str, text: str, *, seed: int = 0) -> str:
    """Add a document of two sentences and return its id."""
    document = build_document(title, text)
    index.replace_document(document, split(document), build_vectors(2, seed))
    return document.id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "蔵書"


@pytest.fixture
def reopen(folder: Path) -> Iterator[Open]:
    opened: list[LibraryIndex] = []

    def open_again() -> LibraryIndex:
        opened.append(open_index(folder))
        return opened[-1]

    yield open_again
    for index in opened:
        index.close()


@pytest.fixture
def index(reopen: Open) -> LibraryIndex:
    index = reopen()
    for seed, (title, text) in enumerate(TEXTS.items()):
        add(index, title, text, seed=seed)
    return index

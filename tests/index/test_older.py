"""Libraries of every older schema are brought forward whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.index.schema import SCHEMA_VERSION
from tests.conformance.search_index import TEXTS, build_vectors
from tests.index.conftest import open_index
from tests.index.older import STEPS, build_older_library


def test_every_step_but_the_last_has_a_library() -> None:
    assert len(STEPS) == SCHEMA_VERSION - 1


@pytest.mark.parametrize("schema", [1, 2, 3, 4])
def test_an_older_library_is_brought_forward_whole(folder: Path, schema: int) -> None:
    build_older_library(folder, schema=schema)
    with open_index(folder) as index:
        assert {entry.title: index.load_text(entry.id) for entry in index.list_documents()} == TEXTS
        assert {entry.added for entry in index.list_documents()} == {"2024-04-01T00:00:00+00:00"}
        best = index.search_dense(build_vectors(2, 1)[1], k=1)
        assert index.load_chunks([best[0].chunk_id])[0].text == "バックアップは毎日午前二時に始まる。"
        [found, *_] = index.search_lexical("通勤手当", k=3)
        assert index.load_chunks([found.chunk_id])[0].text == "通勤手当は毎月支給する。"
        assert index.verify() == []
        document_id = index.list_documents()[0].id
        assert index.tag_document(document_id, {"部署": "総務"}) == {"部署": "総務"}
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


@pytest.mark.parametrize("schema", [1, 2, 3, 4])
def test_an_older_library_of_another_model_is_refused_with_both_names(folder: Path, schema: int) -> None:
    build_older_library(folder, schema=schema)
    with pytest.raises(LibraryError, match=r"模型A .*模型B"):
        open_index(folder, fingerprint="e" * 16, name="模型B")

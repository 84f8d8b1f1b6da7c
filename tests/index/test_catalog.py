from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from rag.index.place import CATALOG_NAME
from rag.index.schema import MIGRATIONS, SCHEMA_VERSION
from tests.conformance.search_index import TEXTS
from tests.index.conftest import Open, add, open_index


def test_another_model_is_refused_with_both_names_and_the_remedy(index: LibraryIndex, folder: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        open_index(folder, fingerprint="e" * 16, name="模型B")
    message = str(caught.value)
    assert str(folder) in message
    assert "--embedder 模型A" in message
    assert "--embedder 模型B" in message
    with pytest.raises(LibraryError, match="dimension 16"):
        open_index(folder, dimension=16)


def test_a_library_without_documents_takes_another_model(reopen: Open, folder: Path) -> None:
    reopen().close()
    with open_index(folder, fingerprint="e" * 16, name="模型B", dimension=3):
        pass
    with LibraryIndex.open_existing(folder) as index:
        assert (index.encoder.name, index.encoder.fingerprint, index.encoder.dimension) == ("模型B", "e" * 16, 3)


def test_a_library_opens_without_its_model(index: LibraryIndex, folder: Path) -> None:
    index.close()
    with LibraryIndex.open_existing(folder) as existing:
        assert [entry.title for entry in existing.list_documents()] == list(TEXTS)
        assert existing.encoder.name == "模型A"
        assert existing.verify() == []


def test_opening_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="holds no library"):
        LibraryIndex.open_existing(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "写真.jpg").write_bytes(b"x")
    with pytest.raises(LibraryError, match=r"写真\.jpg"):
        open_index(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["写真.jpg"]


@pytest.mark.parametrize("name", [".gitkeep", "library.json", "manifest.json", "vectors-0.faiss"])
def test_a_folder_with_own_or_hidden_files_is_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with open_index(tmp_path) as index:
        assert index.verify() == []


def test_a_file_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LibraryError, match="is a file"):
        open_index(tmp_path / "file")
    with pytest.raises(LibraryError, match="file"):
        open_index(tmp_path / "file" / "below")


def test_a_catalog_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / CATALOG_NAME).write_bytes("これは文章です。".encode() * 200)
    with pytest.raises(LibraryError, match="no SQLite file"):
        open_index(tmp_path)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / CATALOG_NAME) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    with pytest.raises(LibraryError, match="another program"):
        open_index(tmp_path)


def test_a_newer_catalog_is_refused(index: LibraryIndex, folder: Path) -> None:
    index.close()
    connection = sqlite3.connect(folder / CATALOG_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryError, match=r"newer.*99"):
        open_index(folder)


def test_an_older_catalog_is_brought_forward(
    index: LibraryIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.close()
    later = (*MIGRATIONS, ("ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT 'ja'",))
    monkeypatch.setattr("rag.index.schema.MIGRATIONS", later)
    monkeypatch.setattr("rag.index.schema.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr("rag.index.catalog.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with open_index(folder) as migrated:
        assert [entry.title for entry in migrated.list_documents()] == list(TEXTS)
    connection = sqlite3.connect(folder / CATALOG_NAME)
    assert connection.execute("SELECT DISTINCT language FROM documents").fetchall() == [("ja",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
    connection.close()


def test_a_second_writer_is_told_who_holds_the_lock(index: LibraryIndex, folder: Path) -> None:
    holder = sqlite3.connect(folder / CATALOG_NAME, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_index(folder, lock_timeout=0.05) as other:
        with pytest.raises(LibraryError, match=f"another process is writing to {folder / CATALOG_NAME}"):
            add(other, "新", "新しい文書である。二文目である。")
        assert other.statistics().documents == 3  # reading goes on meanwhile
        holder.execute("ROLLBACK")
        add(other, "新", "新しい文書である。二文目である。")
        assert other.statistics().documents == 4
    holder.close()

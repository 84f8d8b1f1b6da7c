"""Everything that `verify` finds is mended, from the text."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rag.chunks.windowing import Windowing
from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from rag.index.place import CATALOG_NAME
from rag.ingest.ingest import ingest
from rag.ingest.repair import RepairReport, repair
from tests.fakes import FakeEncoder, FakeLateEncoder
from tests.ingest.fake_library import open_library

HALF = np.dtype("<f2")
SIZE = 10
TEXTS = {
    "規程": "休暇は十日とする。届は前日までに出す。電話でもよい。",
    "食堂": "定食は六百円である。席は四十ある。",
    "図書": "本は二週間貸す。返却は窓口へ。",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TEXTS.items():
        (tmp_path / "文書").mkdir(exist_ok=True)
        (tmp_path / "文書" / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_library(tmp_path / "蔵書") as index:
        ingest([tmp_path / "文書"], index=index, encoder=FakeEncoder(), windowing=Windowing(SIZE, SIZE))
        for entry in index.list_documents():
            index.tag_document(entry.id, {"題": entry.title})
    return tmp_path / "蔵書"


@pytest.fixture
def mended(folder: Path) -> Iterator[list[LibraryIndex]]:
    opened: list[LibraryIndex] = []
    yield opened
    for index in opened:
        index.close()


def damage(folder: Path, statement: str, *values: bytes) -> None:
    with closing(sqlite3.connect(folder / CATALOG_NAME)) as connection, connection:
        connection.execute(statement, values)


def mend(index: LibraryIndex) -> RepairReport:
    return repair(index, encoder=FakeEncoder(), windowing=Windowing(50, 50))


def read_all(index: LibraryIndex) -> tuple[list[tuple[str, str, dict[str, str]]], list[str], list[str]]:
    documents = sorted((entry.source, index.load_text(entry.id), dict(entry.tags)) for entry in index.list_documents())
    windows = index.search_dense(FakeEncoder().encode_queries(["休暇"])[0], k=50)
    texts = sorted(chunk.text for chunk in index.load_chunks([match.chunk_id for match in windows]))
    words = index.search_lexical("電話 窓口", k=50)
    return documents, texts, sorted(chunk.text for chunk in index.load_chunks([match.chunk_id for match in words]))


DAMAGES = {
    "terms-missing": ("DELETE FROM chunk_terms WHERE rowid = 3",),
    "all-terms-missing": ("DELETE FROM chunk_terms",),
    "terms-stray": ("INSERT INTO chunk_terms (rowid, terms) VALUES (99, '休暇')",),
    "window-missing": ("DELETE FROM chunks WHERE id = 2",),
    "all-windows-missing": ("DELETE FROM chunks",),
    "window-outside": ("UPDATE chunks SET end_offset = 999 WHERE id = 5",),
    "window-shifted": ("UPDATE chunks SET start_offset = start_offset + 1 WHERE id = 4",),
    "window-stray": ("UPDATE chunks SET document_id = 'none' WHERE id = 6",),
    "characters": ("UPDATE documents SET characters = 3 WHERE rowid = 1",),
    "vector-short": ("UPDATE chunks SET vector = ? WHERE id = 5", b"\0" * 6),
    "vector-nan": ("UPDATE chunks SET vector = ? WHERE id = 5", np.full(64, np.nan, HALF).tobytes()),
    "vector-long": ("UPDATE chunks SET vector = ? WHERE id = 5", np.full(64, 2, HALF).tobytes()),
    "tags-stray": ("INSERT INTO tags VALUES ('none', '題', '無い')",),
    "losses-stray": ("INSERT INTO losses VALUES ('none', '{}')",),
    "files-stray": ("INSERT INTO files VALUES ('none', 1, 1, 1, '', '')",),
    "losses-broken": ("UPDATE losses SET report = '{' WHERE rowid = 1",),
    "metadata-broken": ("UPDATE documents SET metadata = 'x' WHERE rowid = 2",),
    "anchors-broken": ("UPDATE documents SET anchors = '[[1]]' WHERE rowid = 3",),
}


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_a_damage_is_named_and_mended(folder: Path, statement: tuple[str, *tuple[bytes, ...]]) -> None:
    with open_library(folder) as index:
        before = read_all(index)
    damage(folder, *statement)
    with open_library(folder) as index:
        problems = index.verify()
        assert problems
        assert all(problem.endswith(f"; mend it with: rag repair --library {folder}") for problem in problems)
        report = mend(index)
        assert report.left == ()
        assert len(report.done) >= 2
        assert index.verify() == []
        assert read_all(index) == before
    with open_library(folder) as index:
        assert index.verify() == []
        assert read_all(index) == before
        assert mend(index) == RepairReport((), ())


def test_only_what_is_broken_is_embedded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(folder, "UPDATE chunks SET vector = ? WHERE id = 2", b"\0")
    damage(folder, "DELETE FROM chunk_terms WHERE rowid = 4")
    embedded: list[str] = []
    encode = FakeEncoder.encode_documents

    def note(self: FakeEncoder, texts: list[str], **options: object) -> object:
        embedded.extend(texts)
        return encode(self, texts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeEncoder, "encode_documents", note)
    with open_library(folder) as index:
        added = {entry.source: entry.added for entry in index.list_documents()}
        report = mend(index)
        assert {entry.source: entry.added for entry in index.list_documents()} == added
    assert len(embedded) == 1
    assert re.search(r"1 of \d windows were embedded anew", "\n".join(report.done))


def test_windows_are_mended_as_they_were_made(folder: Path) -> None:
    how = Windowing(7, 7, boundary="characters", pooling="document")
    with open_library(folder) as index:
        ingest([folder.parent / "文書"], index=index, encoder=FakeLateEncoder(), windowing=how)
        before = read_all(index)
    damage(folder, "DELETE FROM chunks WHERE id IN (SELECT id FROM chunks ORDER BY id LIMIT 1)")
    with open_library(folder) as index:
        report = repair(index, encoder=FakeLateEncoder(), windowing=Windowing(50, 50))
        assert report.left == ()
        assert re.search(r"cut anew, (\d) of \1 windows were embedded anew", "\n".join(report.done))
        assert read_all(index) == before
        assert {index.load_windows(entry.id)[0] for entry in index.list_documents()} == {str(how)}


def test_a_text_that_is_not_the_one_it_came_with_is_told_and_read_again(folder: Path) -> None:
    damage(folder, "UPDATE documents SET text = replace(text, '六百円', '千円の') WHERE text LIKE '定食%'")
    with open_library(folder) as index:
        assert "has another text than it came with" in index.verify()[0]
        report = mend(index)
        assert report.left == ()
        assert "ingest its file again" in "\n".join(report.done)
        ingest([folder.parent / "文書"], index=index, encoder=FakeEncoder(), windowing=Windowing(SIZE, SIZE))
        assert index.verify() == []
        assert sorted(index.load_text(entry.id) for entry in index.list_documents()) == sorted(TEXTS.values())


def test_where_nobody_knows_how_a_document_was_cut_it_is_cut_as_wished(folder: Path) -> None:
    damage(folder, "UPDATE documents SET windowing = 'x'")
    damage(folder, "DELETE FROM chunks")
    with open_library(folder) as index:
        repair(index, encoder=FakeEncoder(), windowing=Windowing(50, 40, "tokens", context="heading"))
        assert {index.load_windows(entry.id)[0] for entry in index.list_documents()} == {"50/40 tokens heading"}


def test_the_cache_and_its_manifest_are_made_anew(folder: Path) -> None:
    damage(folder, "UPDATE chunks SET vector = (SELECT vector FROM chunks WHERE id = 1) WHERE id = 5")
    with open_library(folder) as index:
        assert "holds another vector than the catalog" in index.verify()[0]
        assert mend(index).left == ()
        assert index.verify() == []


def test_a_damaged_index_of_the_catalog_is_built_anew(folder: Path) -> None:
    with closing(sqlite3.connect(folder / CATALOG_NAME)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        sql = "CREATE INDEX chunks_by_document ON chunks (document_id, end_offset, start_offset)"
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'chunks_by_document'", (sql,))
    with open_library(folder) as index:
        assert "the catalog is damaged" in index.verify()[0]
        report = mend(index)
        assert report.left == ()
        assert report.done[0] == "the indexes of the catalog were built anew"


def test_a_file_that_is_beyond_reading_says_what_can_be_done(folder: Path) -> None:
    path = folder / CATALOG_NAME
    data = bytearray(path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)
    with (
        open_library(folder) as index,
        pytest.raises(LibraryError, match=r"is damaged .*rag export FILE.zip --readable"),
    ):
        mend(index)

"""Following a folder that holds files with several documents."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from rag.chunks.chunk import Chunk
from rag.chunks.windowing import Windowing
from rag.chunks.windows import build_windows
from rag.documents.document import Document
from rag.index.library_index import LibraryIndex
from rag.ingest.ingest import ingest
from rag.ingest.sync import SyncReport, apply_sync
from rag.ingest.sync_plan import plan_sync
from tests.fakes import FakeEncoder


def write_archive(path: Path, **members: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return path


def sync(folder: Path, index: LibraryIndex) -> SyncReport:
    plan = plan_sync(folder, index=index, windowing="40/20 characters")
    return apply_sync(plan, index=index, encoder=FakeEncoder(), windowing=Windowing(40, 20), began=0.0)


def list_names(index: LibraryIndex) -> list[str]:
    return sorted(entry.source.rpartition("!/")[2] for entry in index.list_documents())


def test_an_archive_is_followed_as_one_file(index: LibraryIndex, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "docs" / "規程.zip", 休暇="年休は二十日です。", 旅費="日当は千円です。")
    assert len(sync(archive.parent, index).added) == 2
    again = sync(archive.parent, index)
    assert again.is_idle
    assert again.unchanged == (str(archive),)
    write_archive(archive, 休暇="年休は二十日です。", 服装="制服を貸します。")
    changed = sync(archive.parent, index)
    assert changed.added == (f"{archive}!/服装.txt",)
    assert changed.removed == (f"{archive}!/旅費.txt",)
    assert changed.unchanged == (f"{archive}!/休暇.txt",)
    assert list_names(index) == ["休暇.txt", "服装.txt"]
    archive.unlink()
    assert len(sync(archive.parent, index).removed) == 2
    assert list_names(index) == []


def test_an_archive_that_moved_keeps_its_documents(index: LibraryIndex, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "docs" / "規程.zip", 休暇="年休は二十日です。")
    sync(archive.parent, index)
    moved = archive.rename(archive.with_name("新規程.zip"))
    sync(archive.parent, index)
    assert [entry.source for entry in index.list_documents()] == [f"{moved}!/休暇.txt"]


def test_an_archive_as_it_was_is_not_read(index: LibraryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_archive(tmp_path / "docs" / "規程.zip", 休暇="年休は二十日です。", 旅費="日当は千円です。")
    first = ingest([archive], index=index, encoder=FakeEncoder(), windowing=Windowing(40, 20))
    monkeypatch.setattr("rag.ingest.file_readers.FileReaders.start", None)
    again = ingest([archive], index=index, encoder=FakeEncoder(), windowing=Windowing(40, 20))
    assert sorted(again.unchanged) == sorted(first.added)
    assert again.failed == ()


def test_an_archive_with_an_unread_member_is_tried_again(index: LibraryIndex, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "docs" / "規程.zip", 休暇="年休は二十日です。", 空=" ")
    for _ in range(2):
        report = ingest([archive], index=index, encoder=FakeEncoder(), windowing=Windowing(40, 20))
        assert [Path(failure.path).name for failure in report.failed] == ["空.txt"]
    assert list_names(index) == ["休暇.txt"]


def test_an_archive_with_a_member_that_was_not_stored_is_tried_again(
    index: LibraryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_archive(tmp_path / "docs" / "規程.zip", 休暇="年休は二十日です。", 旅費="日当は千円です。")

    def fail(document: Document, **options: Any) -> list[Chunk]:
        if "日当" in document.text:
            raise OverflowError("too large")
        return build_windows(document, **options)

    with monkeypatch.context() as patched:
        patched.setattr("rag.ingest.pipeline.build_windows", fail)
        report = sync(archive.parent, index)
    assert [(failure.path, failure.error) for failure in report.failed] == [
        (f"{archive}!/旅費.txt", "OverflowError: too large")
    ]
    assert sync(archive.parent, index).added == (f"{archive}!/旅費.txt",)
    assert sync(archive.parent, index).is_idle

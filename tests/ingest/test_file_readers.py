"""Files that take all time or memory, or the process with them, are failures of their own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from rag.documents.document import Document
from rag.documents.unpacking import Unread
from rag.ingest.file_readers import FileReaders
from rag.ingest.limits import ReadingLimits
from tests.ingest import hostile

TEXT = "休暇は十日とする。"


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileReaders]:
    monkeypatch.setattr("rag.ingest.file_readers.load_documents", hostile.load_documents)
    with closing(FileReaders(ReadingLimits(seconds=60, memory=256 * 2**20))) as opened:
        yield opened


def write(folder: Path, name: str) -> Path:
    path = folder / f"{name}.txt"
    path.write_text(TEXT, "utf-8")
    return path


def list_workers() -> list[int]:
    return [child.pid for child in psutil.Process().children() if "rag.ingest.worker" in child.cmdline()]


def read_text(readers: FileReaders, path: Path) -> str:
    (found,) = readers.read(path)
    assert isinstance(found, Document)
    return found.text.strip()


def read_error(readers: FileReaders, path: Path) -> str:
    (found,) = readers.read(path)
    assert isinstance(found, Unread)
    assert found.error.startswith(f"{path}: ")
    return found.error


def test_one_process_reads_all_files(readers: FileReaders, tmp_path: Path) -> None:
    assert [read_text(readers, write(tmp_path, name)) for name in ("甲", "prints", "乙")] == [TEXT] * 3
    assert len(list_workers()) == 1
    readers.close()
    assert list_workers() == []


def test_what_takes_too_long_is_ended(readers: FileReaders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.ingest.file_readers.load_documents", hostile.load_documents)
    with closing(FileReaders(ReadingLimits(seconds=0.5))) as hasty:
        error = read_error(hasty, write(tmp_path, "endless"))
        assert "0.5 秒以内に読み終わらず" in error
        assert "ended after 0.5 s" in error
        assert "reading_seconds" in error
        assert list_workers() == []


def test_time_counts_anew_from_every_sign_of_life(
    readers: FileReaders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_text(readers, write(tmp_path, "甲")) == TEXT  # the process has started
    monkeypatch.setattr(readers, "_limits", ReadingLimits(seconds=2))
    assert read_text(readers, write(tmp_path, "slow")) == TEXT  # takes 3 s
    assert "ended after 2 s" in read_error(readers, write(tmp_path, "stalled"))


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory")
def test_what_takes_too_much_memory_is_ended(readers: FileReaders, tmp_path: Path) -> None:
    error = read_error(readers, write(tmp_path, "memory"))
    assert "256 MiB を超えるメモリー" in error
    assert "reading_memory in rag.toml" in error
    assert read_text(readers, write(tmp_path, "甲")) == TEXT


@pytest.mark.parametrize(("name", "code"), [("killed", -9), ("late", -6)])
def test_a_death_is_the_failure_of_one_file(readers: FileReaders, tmp_path: Path, name: str, code: int) -> None:
    *before, last = readers.read(write(tmp_path, name))
    assert isinstance(last, Unread)
    assert f"exit code {code}, memory limit 256 MiB" in last.error
    assert len(before) == (name == "late")
    assert read_text(readers, write(tmp_path, "甲")) == TEXT


def test_a_process_that_died_while_it_had_nothing_to_do_is_replaced(readers: FileReaders, tmp_path: Path) -> None:
    path = write(tmp_path, "甲")
    assert read_text(readers, path) == TEXT
    (process,) = (psutil.Process(pid) for pid in list_workers())
    process.kill()
    process.wait()
    assert read_text(readers, path) == TEXT


def test_files_are_read_side_by_side_and_from_any_thread(readers: FileReaders, tmp_path: Path) -> None:
    begun = [readers.start(write(tmp_path, name)) for name in ("甲", "killed", "乙")]
    results: list[str] = []

    def collect() -> None:
        for receive in begun:
            results.extend(type(found).__name__ for found in receive())

    thread = threading.Thread(target=collect)
    thread.start()
    thread.join()
    assert results == ["Document", "Unread", "Document"]


def test_an_interruption_of_all_processes_does_not_end_the_reading(readers: FileReaders, tmp_path: Path) -> None:
    assert read_text(readers, write(tmp_path, "甲")) == TEXT
    (worker,) = list_workers()
    os.kill(worker, 2)
    assert read_text(readers, write(tmp_path, "甲")) == TEXT
    assert list_workers() == [worker]

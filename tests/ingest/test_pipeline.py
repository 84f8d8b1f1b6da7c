"""What several processes make of documents is what one makes of them."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from rag.chunks.windowing import Windowing
from rag.documents.document import Document, build_document_id
from rag.ingest import pipeline
from rag.ingest.ingest import IngestStep, ingest, ingest_documents
from rag.ingest.report import IngestReport
from tests.fakes import FakeEncoder
from tests.ingest.fake_library import open_library


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers start at once, and documents wait for each other."""
    monkeypatch.setattr(pipeline, "_ALONE", 0)
    monkeypatch.setattr(pipeline, "count_workers", lambda: 2)
    monkeypatch.setattr(pipeline, "_TASK", 50)
    monkeypatch.setattr("rag.index.window_terms._BLOCK_CHARACTERS", 40)


def make_document(source: str, text: str) -> Document:
    return Document(build_document_id(source, text), source, text, source)


def make_documents(count: int) -> list[Document]:
    return [
        make_document(f"{number}", "".join(f"第{number}号の{turn}番目の休暇を申請した。" for turn in range(number + 1)))
        for number in range(count)
    ]


def take_in(folder: Path, documents: Sequence[Document], **options: Any) -> IngestReport:
    with open_library(folder) as index:
        report = ingest_documents(documents, index=index, encoder=FakeEncoder(), windowing=Windowing(20, 20), **options)
        assert index.verify() == []
        return report


def read_tables(folder: Path) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        tables = [
            connection.execute(statement).fetchall()
            for statement in (
                "SELECT rowid, id, source, text FROM documents ORDER BY rowid",
                "SELECT * FROM chunks ORDER BY id",
                "SELECT rowid, terms FROM chunk_terms ORDER BY rowid",
            )
        ]
    connection.close()
    return tables


def test_the_library_is_the_same(tmp_path: Path, several: None, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = make_documents(30)
    steps: list[IngestStep] = []
    together = take_in(tmp_path / "together", documents, progress=steps.append)
    monkeypatch.setattr(pipeline, "count_workers", lambda: 0)
    alone = take_in(tmp_path / "alone", documents)
    assert together.added == alone.added == tuple(document.id for document in documents)
    assert read_tables(tmp_path / "together") == read_tables(tmp_path / "alone")
    assert [step.done for step in steps if step.stage == "done"] == list(range(1, 31))


def test_a_later_version_replaces_one_that_still_waits(tmp_path: Path, several: None) -> None:
    first, second = make_document("規程", "休暇は十日とする。"), make_document("規程", "休暇は二十日とする。")
    report = take_in(tmp_path / "蔵書", [make_document("手引", "申請する。"), first, second, second])
    assert (len(report.added), report.updated, report.unchanged) == (2, (second.id,), (second.id,))
    assert report.documents == 2


def test_files_are_read_ahead_in_their_order(tmp_path: Path, several: None) -> None:
    texts = tmp_path / "文書"
    texts.mkdir()
    for number in range(12):
        (texts / f"{number:02}.txt").write_text(f"第{number}号。" if number != 7 else "", encoding="utf-8")
    with open_library(tmp_path / "蔵書") as index:
        report = ingest([texts, tmp_path / "無い"], index=index, encoder=FakeEncoder(), windowing=Windowing(20, 20))
        titles = [Path(entry.source).stem for entry in index.list_documents()]
    assert titles == [f"{number:02}" for number in range(12) if number != 7]
    assert [Path(failure.path).name for failure in report.failed] == ["07.txt", "無い"]


def test_a_task_that_fails_fails_its_document(
    tmp_path: Path, several: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    documents = make_documents(3)
    monkeypatch.setattr(pipeline, "_ALONE", len(documents[0].text))
    take_in(tmp_path / "蔵書", documents[:1])
    monkeypatch.setattr(pipeline, "build_chunk_terms", operator.add)
    report = take_in(tmp_path / "蔵書", documents)
    assert (report.unchanged, report.added) == ((documents[0].id,), ())
    assert [failure.error.split(":")[0] for failure in report.failed] == ["TypeError", "TypeError"]
    assert "1 was not ingested" in caplog.text


def test_an_interruption_leaves_whole_documents_and_no_process(tmp_path: Path, several: None) -> None:
    documents = make_documents(30)

    def interrupt(step: IngestStep) -> None:
        if step.stage == "embed" and step.path == "20":
            raise KeyboardInterrupt

    before = set(psutil.Process().children())
    with pytest.raises(KeyboardInterrupt):
        take_in(tmp_path / "蔵書", documents, progress=interrupt)
    assert set(psutil.Process().children()) == before
    with open_library(tmp_path / "蔵書") as index:
        assert index.verify() == []
    report = take_in(tmp_path / "蔵書", documents)
    assert report.documents == 30
    assert len(report.added) + len(report.unchanged) == 30


def test_one_document_that_cannot_be_stored_does_not_take_the_others_along(
    tmp_path: Path, several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.index import library_index

    insert = library_index.insert_document

    def fail(connection: sqlite3.Connection, document: Document, *arguments: Any, **options: Any) -> list[int]:
        if document.source == "3":
            raise OverflowError("too large")
        return insert(connection, document, *arguments, **options)

    monkeypatch.setattr(library_index, "insert_document", fail)
    report = take_in(tmp_path / "蔵書", make_documents(6))
    assert [(failure.path, failure.error) for failure in report.failed] == [("3", "OverflowError: too large")]
    assert report.documents == 5

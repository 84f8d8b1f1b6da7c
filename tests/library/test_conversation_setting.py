"""How a library takes up the turns before a question, by its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.conversation.search_question import Conversation
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError
from rag.library.library import Library
from rag.library.records import Turn
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder

TEXT = "正社員の試用期間は三箇月、契約社員の試用期間は六週間とする。"
HISTORY = [Turn("正社員の試用期間は何か月ですか", "三箇月")]
ASKED = {
    "history": "正社員の試用期間は何か月ですか 三箇月 契約社員は？",
    "rewrite": "契約社員の試用期間は何か月ですか？",
    "none": "契約社員は？",
}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    fake = FakeReader({})
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: fake)
    return fake


def open_library(folder: Path, conversation: Conversation) -> Library:
    library = Library.open(folder, settings=Settings(mode="lexical", conversation=conversation))
    library.add_documents([Document(build_document_id("d", TEXT), "規程", TEXT, source="d")])
    return library


@pytest.mark.parametrize("way", ["history", "rewrite", "none"])
def test_what_is_searched_and_read(tmp_path: Path, reader: FakeReader, way: Conversation) -> None:
    with open_library(tmp_path, way) as library:
        answer = library.ask("契約社員は？", history=HISTORY)
        assert (answer.question, answer.search_question) == ("契約社員は？", ASKED[way])
        assert reader.seen[0][0] == ASKED[way]


def test_a_question_may_be_taken_up_otherwise_than_is_set(tmp_path: Path, reader: FakeReader) -> None:
    with open_library(tmp_path, "history") as library:
        answer = library.ask("契約社員は？", history=HISTORY, conversation="rewrite")
        assert answer.search_question == ASKED["rewrite"]


def test_without_history_every_way_asks_as_is(tmp_path: Path, reader: FakeReader) -> None:
    with open_library(tmp_path, "model") as library:
        assert library.ask("契約社員は？").search_question == "契約社員は？"


def test_a_reader_that_does_not_write_is_named(tmp_path: Path, reader: FakeReader) -> None:
    with (
        open_library(tmp_path, "model") as library,
        pytest.raises(ArgumentError, match="the reader writes no text"),
    ):
        library.ask("契約社員は？", history=HISTORY)

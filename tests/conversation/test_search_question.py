"""The ways a question can take up the turns before it."""

from __future__ import annotations

import pytest

from rag.conversation.model_rewriting import INSTRUCTION, build_request, rewrite_with_model
from rag.conversation.search_question import Conversation, write_search_question
from rag.errors import ArgumentError

HISTORY = [("正社員の試用期間は何か月ですか", "三箇月")]


class FakeWriter:
    """Writes what it was told to, and remembers what it was asked."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.asked: list[str] = []

    def follow(self, request: str) -> str:
        self.asked.append(request)
        return self.written


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("none", "契約社員は？"),
        ("history", "正社員の試用期間は何か月ですか 三箇月 契約社員は？"),
        ("rewrite", "契約社員の試用期間は何か月ですか？"),
        ("model", "契約社員の試用期間は？"),
    ],
)
def test_each_way_writes_its_question(way: Conversation, expected: str) -> None:
    writer = FakeWriter("契約社員の試用期間は？")
    assert write_search_question(" 契約社員は？", HISTORY, way=way, writer=writer) == expected


def test_a_reader_that_does_not_write_cannot_rewrite() -> None:
    with pytest.raises(ArgumentError, match="conversation is 'model' and the reader writes no text"):
        write_search_question("契約社員は？", HISTORY, way="model")


def test_the_model_is_asked_with_the_last_turns() -> None:
    history = [("一", "1"), ("二", "2"), ("三", ""), ("四", "4")]
    assert build_request("五？", history) == (
        f"{INSTRUCTION}\n会話：\n問：二\n答：2\n問：三\n答：なし\n問：四\n答：4\n\n続きの質問：五？\n\n書き直した質問："
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("「契約社員の試用期間は？」\n説明です。", "契約社員の試用期間は？"),
        ("書き直した質問：契約社員の試用期間は？", "契約社員の試用期間は？"),
        ("", "契約社員の試用期間は何か月ですか？"),
        ("長い話" * 100, "契約社員の試用期間は何か月ですか？"),
    ],
    ids=["quoted, with talk", "labelled", "nothing", "too much"],
)
def test_of_what_the_model_writes_the_question_is_used(written: str, expected: str) -> None:
    assert rewrite_with_model("契約社員は？", HISTORY, FakeWriter(written)) == expected


def test_without_history_the_model_is_not_asked() -> None:
    writer = FakeWriter("何か")
    assert rewrite_with_model(" 契約社員は？", [], writer) == "契約社員は？"
    assert writer.asked == []

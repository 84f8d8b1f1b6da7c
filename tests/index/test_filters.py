"""Filters: what they mean, and what is said of those that are none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from rag.chunks.chunk import Chunk
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError, LibraryError
from rag.index.files import FileState
from rag.index.filters import Condition, parse_filter
from rag.index.library_index import LibraryIndex
from rag.index.tags import check_tags, parse_tags
from tests.conformance.search_index import DIMENSION
from tests.index.conftest import open_index

SHELF = {
    "就業": (
        "/文書/規程/就業規則.pdf",
        "pdf",
        {"部署": "総務", "年度": "2023", "Owner": "Sato"},
        datetime(2024, 3, 31, 23),
    ),
    "旅費": ("/文書/規程/古い/旅費.txt", "txt", {"部署": "経理", "年度": "2024"}, datetime(2024, 4, 1)),
    "手引": ("/文書/手引/カ\u3099イド 100%.md", "md", {"部署": "総務部"}, datetime(2025, 1, 5, 12)),
    "覚え": ("覚え書き", "", {}, None),
}


@pytest.fixture
def shelf(folder: Path, tmp_path: Path) -> Iterator[LibraryIndex]:
    with open_index(folder) as index:
        for title, (source, kind, tags, modified) in SHELF.items():
            text = f"{title}の本文。"
            document = Document(
                build_document_id(source, text), title, text, source, metadata={"format": kind} if kind else {}
            )
            state = None
            if modified is not None:
                path = tmp_path / "file"
                path.write_text(text, encoding="utf-8")
                os.utime(path, (modified.timestamp(), modified.timestamp()))
                state = FileState.measure(path)
            vector = np.eye(1, DIMENSION, dtype=np.float32)
            index.replace_document(
                document, [Chunk(document.id, 0, len(text), text)], vector, file=state, tags=check_tags(tags)
            )
        yield index


def find(index: LibraryIndex, *expressions: str) -> list[str]:
    titles = {entry.id: entry.title for entry in index.list_documents()}
    return [titles[document_id] for document_id in index.find_documents(expressions)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ["就業", "旅費", "手引", "覚え"]),
        ("部署=総務", ["就業"]),
        ("部署=総務*", ["就業", "手引"]),
        ("部署=総務?", ["手引"]),
        ("部署!=総務", ["旅費", "手引", "覚え"]),
        ("部署=*", ["就業", "旅費", "手引"]),
        ("部署!=*", ["覚え"]),
        ("部署 = 総務", ["就業"]),
        ("部署＝総務", ["就業"]),
        ("年度>=２０２４", ["旅費"]),
        ("年度≧2024", ["旅費"]),
        ("年度<2024", ["就業"]),
        ("年度>200", ["就業", "旅費"]),
        ("owner=sato", ["就業"]),
        ("format=pdf", ["就業"]),
        ("format=PDF", ["就業"]),
        ("format!=pdf", ["旅費", "手引", "覚え"]),
        ("path=規程/*", ["就業", "旅費"]),
        ("path=規程/*.txt", ["旅費"]),
        ("path=/文書/規程/*", ["就業", "旅費"]),
        ("path=程/*", []),
        ("path!=規程/*", ["手引", "覚え"]),
        ('path="ガイド 100%.md"', ["手引"]),
        ("path=手引/ガイド*", ["手引"]),
        ("path=*100_*", []),
        ("title=就業", ["就業"]),
        ("title=?費", ["旅費"]),
        ("modified>=2024-04-01", ["旅費", "手引"]),
        ("modified>2024-04-01", ["手引"]),
        ("modified=2024/4/1", ["旅費"]),
        ("modified<=2024-03", ["就業"]),
        ("modified<=2024-04", ["就業", "旅費"]),
        ("modified<2024-04", ["就業"]),
        ("modified=2024", ["就業", "旅費"]),
        ("modified!=2024", ["手引", "覚え"]),
        ("added>=2020", ["就業", "旅費", "手引", "覚え"]),
        ("added<2020", []),
        ("部署=総務* format=md", ["手引"]),
        ("部署=総務*　modified>=2025", ["手引"]),
    ],
)
def test_a_filter_finds_what_it_says(shelf: LibraryIndex, expression: str, expected: list[str]) -> None:
    assert find(shelf, expression) == expected


def test_several_filters_must_all_hold(shelf: LibraryIndex) -> None:
    assert find(shelf, "部署=*", "年度>=2000", "format=txt") == ["旅費"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("部署~総務", r"'部署~総務' is not understood; expected KEY, one of = != >= <= > <"),
        ("部署:総務", "is not understood"),
        ("部署", "is not understood"),
        ("=総務", "is not understood"),
        ("format=pdf 総務", "'総務' is not understood"),
        ("年度=>2024", "unknown operator '=>'"),
        ("年度==2024", "unknown operator '=='"),
        ("年度<>2024", "unknown operator '<>'"),
        ('部署=""', "has no value.*部署!=*"),
        ("部署=", "is not understood"),
        ("title>就業", "title has no order; expected = or !="),
        ("modified>=昨日", "expected a day, month or year as in modified>="),
        ("modified>=2024-13-01", "expected a day, month or year"),
        ("modified>=2024-02-30", "expected a day, month or year"),
        ("部暑=総務", "no document has the tag '部暑'; expected one of path, title.*部署"),
    ],
)
def test_what_is_no_filter_is_named(shelf: LibraryIndex, expression: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        find(shelf, expression)


def test_conditions_are_read_in_order() -> None:
    assert parse_filter(["Ａ≦1 b = 'x", 'c!="d e"']) == [
        Condition("a", "<=", "1"),
        Condition("b", "=", "'x"),
        Condition("c", "!=", "d e"),
    ]


@pytest.mark.parametrize("value", ["'; DROP TABLE documents; --", '%" OR 1=1', "\\", "[a-z]", "\0"])
def test_values_are_only_values(shelf: LibraryIndex, value: str) -> None:
    document_id = shelf.list_documents()[3].id
    shelf.tag_document(document_id, {"注": value})
    wanted = value.replace('"', "?")
    assert find(shelf, f'注="{wanted}"') == ["覚え"]
    assert shelf.statistics().documents == 4


def test_tags_are_given_replaced_and_taken_away(shelf: LibraryIndex) -> None:
    document_id = shelf.list_documents()[0].id
    assert shelf.tag_document(document_id, {"owner": "Ito", "版": "2"}, remove=["部署", "無い"]) == {
        "owner": "Ito", "年度": "2023", "版": "2",
    }  # fmt: skip
    assert dict(shelf.list_documents()[0].tags) == {"owner": "Ito", "年度": "2023", "版": "2"}
    with pytest.raises(LibraryError, match="no such document"):
        shelf.tag_document("none", {"版": "2"})


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a>b", "title", "Path", "ｔｉｔｌｅ", 'a"'])
def test_names_that_no_filter_can_ask_for_are_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be the name of a tag"):
        check_tags({name: "1"})


def test_tags_are_read_as_key_and_value() -> None:
    assert parse_tags(["部署=総務", "式=a=b", "版＝２"]) == {"部署": "総務", "式": "a=b", "版": "２"}
    for wrong in ("部署", "部署="):
        with pytest.raises(ArgumentError, match="KEY=VALUE"):
            parse_tags([wrong])


def test_a_new_version_keeps_the_tags(shelf: LibraryIndex) -> None:
    source = SHELF["就業"][0]
    document = Document(build_document_id(source, "改正した。"), "就業", "改正した。", source)
    chunk = Chunk(document.id, 0, 5, "改正した。")
    shelf.replace_document(document, [chunk], np.eye(1, DIMENSION, dtype=np.float32), tags={"年度": "2025"})
    assert find(shelf, "部署=総務 年度=2025") == ["就業"]

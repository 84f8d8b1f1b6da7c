"""Terms of windows, and their version."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from pathlib import Path

import pytest

from rag.index import lexical
from rag.index.catalog import CATALOG_NAME
from rag.index.lexical import TERMS_VERSION
from rag.index.library_index import LibraryIndex
from rag.text.terms import build_terms
from tests.index.conftest import Open, open_index

PROBE = """第12条の2 従業員は、三箇月（9０日）ごとに年次有給休暇を二万5千円分まで取得できる。
ｻｰﾊﾞｰのバックアップは毎日午前二時、東京都港区の田中さんが行う。Python 3.11とピチョロ社のFooBar-2000を使う。
𠮷野家で㌔単位のりんごを1.5倍、１０％引きで買った。令和元年五月一日～七年度末。"""
PROBE_HASH = "63a6ed576d7884a2"


def test_the_version_is_raised_when_terms_change() -> None:
    terms = "\n".join(f"{term.text} {term.start} {term.end}" for term in build_terms(PROBE))
    found = TERMS_VERSION, hashlib.sha256(terms.encode()).hexdigest()[:16]
    assert found == (1, PROBE_HASH), "terms changed: raise TERMS_VERSION, then write the new pair here"


def find(index: LibraryIndex, question: str) -> list[str]:
    matches = index.search_lexical(question, k=10)
    return [chunk.text for chunk in index.load_chunks([match.chunk_id for match in matches])]


def change(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / CATALOG_NAME) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param((f"UPDATE library SET terms_version = {TERMS_VERSION + 1}",), id="other-terms"),
        pytest.param(
            (
                "ALTER TABLE library DROP COLUMN terms_version",
                "ALTER TABLE library DROP COLUMN cached_generation",
                "DROP TABLE losses",
                "PRAGMA user_version = 1",
            ),
            id="older-schema",
        ),
    ],
)
def test_terms_of_another_version_are_built_anew(
    index: LibraryIndex, folder: Path, reopen: Open, statements: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    before = find(index, "有給休暇の日数"), index.search_lexical("通勤手当", k=5)
    index.close()
    change(folder, "UPDATE chunk_terms SET terms = '別物'", *statements)
    again = reopen()
    assert "terms of another version: building those of 3 documents" in caplog.text
    assert (find(again, "有給休暇の日数"), again.search_lexical("通勤手当", k=5)) == before
    assert again.search_lexical("別物", k=5) == []
    assert again.verify() == []
    again.close()
    caplog.clear()
    assert find(reopen(), "有給休暇の日数") == before[0]
    assert caplog.text == ""


def test_an_interruption_leaves_the_old_terms_to_be_built_next_time(
    index: LibraryIndex, folder: Path, reopen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.close()
    change(folder, "UPDATE library SET terms_version = 0")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lexical, "insert_terms", fail)
        with pytest.raises(KeyboardInterrupt):
            reopen()
    again = reopen()
    assert find(again, "通勤手当") == ["通勤手当は毎月支給する。"]
    assert again.verify() == []


def test_a_new_library_is_not_built_anew(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="rag.index")
    for _ in range(2):
        open_index(folder).close()
    assert "terms" not in caplog.text


def test_any_number_of_hits_may_be_asked_for(index: LibraryIndex) -> None:
    assert len(index.search_lexical("有給休暇", k=10**30)) == 2

"""Canonical text and titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.anchor import Anchor
from rag.documents.canonical import choose_title, clean_title, to_canonical
from rag.documents.writer import TextWriter


@given(st.text())
def test_canonical_text_has_one_line_end_and_no_nul(text: str) -> None:
    canonical = to_canonical(text)
    assert set("\r\0\f\v\x85\u2028\u2029").isdisjoint(canonical)
    assert to_canonical(canonical) == canonical
    assert [character for character in text if character.isprintable()] == [
        character for character in canonical if character.isprintable()
    ]


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("就業規則", "就業規則"),
        ("  Annual Report 2025 ", "Annual Report 2025"),
        ("Microsoft Word - 規程（改訂版）.doc", "規程（改訂版）"),
        ("規程.jtd", "規程"),
        (None, ""),
        ("", ""),
        ("Untitled", ""),
        ("文書 1", ""),
        ("Document2", ""),
        ("Word Document", ""),
        ("無題", ""),
        ("題\x00名", ""),
        ("\ufffd\ufffdK\ufffd\ufffd", ""),
        ("ŸA‹Æ‹K‘¥", ""),
        ("長" * 201, ""),
        ("文書管理規程", "文書管理規程"),
    ],
)
def test_clean_title(title: str | None, cleaned: str) -> None:
    assert clean_title(title, "本文です。") == cleaned


def test_accented_titles_stay_in_western_texts() -> None:
    assert clean_title("Règlement", "Le règlement.") == "Règlement"


def test_choose_title() -> None:
    anchors = (Anchor("page", 0, 5, "1"), Anchor("heading", 62, 64, "総則", 1))
    assert choose_title("題", "一行目\n", anchors, "名") == "題"
    assert choose_title("", "\n  一行目　\n", anchors, "名") == "一行目"
    assert choose_title("", "長" * 61 + "\n総則\n", anchors, "名") == "総則"
    assert choose_title("", "長" * 61, (), "名") == "名"
    assert choose_title("", "車番 | 定員\n12 | 2\n", (), "車両") == "車両"


LINES = st.lists(st.tuples(st.booleans(), st.text(max_size=12)), max_size=12)


@given(LINES)
def test_writer_places_every_heading(lines: list[tuple[bool, str]]) -> None:
    writer = TextWriter()
    for is_heading, line in lines:
        if is_heading:
            writer.write_heading(line, level=2)
        else:
            writer.write(line)
    headings = [label for is_heading, line in lines if is_heading and (label := " ".join(to_canonical(line).split()))]
    slices = [" ".join(writer.text[anchor.start : anchor.end].split()) for anchor in writer.anchors]
    assert slices == headings == [anchor.label for anchor in writer.anchors]

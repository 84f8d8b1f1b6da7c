"""Articles and sections as the borders of windows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.chunks.sections import split_sections
from rag.documents.anchor import Anchor
from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document

RULES = """図書室の規則

第1章　総則
（目的）
第1条　図書室の使い方を定める。
（時間）
第2条　九時に開き、五時に閉じる。
２　祝日は開かない。
第2章　貸出
第3条　三冊まで借りられる。
附　則
四月一日から施行する。
"""


def sections_of(text: str, *extra: Anchor) -> list[str]:
    document = Document("d", "題", text, "source", anchors=(*find_heading_anchors(text), *extra))
    return [text[start:end] for start, end in split_sections(document)]


def test_articles_keep_their_captions_and_chapters_go_with_their_first_article() -> None:
    assert sections_of(RULES) == [
        "図書室の規則",
        "第1章　総則\n（目的）\n第1条　図書室の使い方を定める。",
        "（時間）\n第2条　九時に開き、五時に閉じる。\n２　祝日は開かない。",
        "第2章　貸出\n第3条　三冊まで借りられる。",
        "附　則\n四月一日から施行する。",
    ]


def test_headings_part_what_has_no_articles() -> None:
    assert sections_of("1 概要\n1.1 目的\n手順を示す。\n1.2 範囲\n全部。\n2 終わり") == [
        "1 概要\n1.1 目的\n手順を示す。",
        "1.2 範囲\n全部。",
        "2 終わり",
    ]


def test_slides_and_sheets_are_sections_and_pages_are_none() -> None:
    text = "一枚目\n二枚目\n続き"
    found = sections_of(text, Anchor("slide", 0, 3, "1"), Anchor("page", 2, 3, "1"), Anchor("sheet", 4, 10, "2"))
    assert found == ["一枚目", "二枚目\n続き"]


def test_a_text_without_sections_is_one() -> None:
    assert sections_of("  雨だ。\n風だ。 ") == ["雨だ。\n風だ。"]
    assert sections_of(" \n") == []


LINES = st.lists(
    st.sampled_from(
        ["第1条　雨。", "第2条　風。", "（目的）", "第1章　空", "1.1 概要", "附　則", "", "　", "雨が降る。", "a"]
    ),
    max_size=14,
)


@given(LINES)
def test_every_inked_character_lies_in_exactly_one(lines: list[str]) -> None:
    text = "\n".join(lines)
    spans = split_sections(Document("d", "題", text, "source", anchors=tuple(find_heading_anchors(text))))
    covered = [place for start, end in spans for place in range(start, end)]
    assert covered == sorted(set(covered))
    assert {place for place, character in enumerate(text) if not character.isspace()} <= set(covered)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)

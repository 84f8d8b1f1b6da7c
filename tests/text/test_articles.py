"""Headings of plain text."""

from __future__ import annotations

import pytest

from rag.text.articles import find_headings, starts_heading

CASES = {
    "article with caption": ("第12条（年次有給休暇）\n本文。", [("第12条（年次有給休暇）", 6)]),
    "article with its text": ("第十二条　社員は休める。", [("第十二条", 6)]),
    "caption above": ("（目的）\n第一条　この法律は定める。", [("第一条（目的）", 6)]),
    "branch number": ("第百八条の三（講習）", [("第百八条の三（講習）", 6)]),
    "full width": ("第３章　休暇", [("第３章 休暇", 2)]),
    "part, chapter and section": (
        "第1編 総則\n第2章 休暇\n第3節 手続",
        [("第1編 総則", 1), ("第2章 休暇", 2), ("第3節 手続", 3)],
    ),
    "numbered": ("1. 概要\n1.2 目的\n", [("1. 概要", 1), ("1.2 目的", 2)]),
    "appendix": ("附　則\n別表第1（旅費）", [("附 則", 1), ("別表第1（旅費）", 1)]),
    "mention inside a sentence": ("第12条の規定により、休む。", []),
    "contents line": ("第1章 総則……………3", []),
    "contents line, full width": ("第１章　総則・・・　１２", []),
    "contents line, numbered": ("1.2 目的 .......... 14", []),
    "page number without leaders": ("第1章 総則 3", [("第1章 総則 3", 2)]),
    "leaders without page number": ("第1章 総則……", [("第1章 総則……", 2)]),
    "sentence after a number": ("3 前項の規定は、適用しない。", []),
    "footnote": ("12 グループの内部で行われた取引を調整した後の数値である", []),
    "year": ("2024年の報告", []),
}


@pytest.mark.parametrize("name", CASES)
def test_headings(name: str) -> None:
    text, expected = CASES[name]
    headings = find_headings(text)
    assert [(heading.label, heading.level) for heading in headings] == expected


def test_offsets_point_at_the_heading_itself() -> None:
    text = "まえがき\n　第3条（申請）　休むときは申し出る。"
    [heading] = find_headings(text)
    assert text[heading.start : heading.end] == "第3条（申請）"


def test_start_of_a_heading_is_known() -> None:
    assert starts_heading("  第2章 休暇")
    assert not starts_heading("休暇は第2章による")

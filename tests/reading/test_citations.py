from __future__ import annotations

import pytest

from rag.reading.citations import CitedNumber, find_citations, strip_citations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("七日です。[1]", [CitedNumber(1, 6, 7, "七日です")]),
        ("七日です［２］。", [CitedNumber(2, 5, 6, "七日です")]),
        ("甲[1][3]。乙【2】", [CitedNumber(1, 2, 3, "甲"), CitedNumber(3, 5, 6, "甲"), CitedNumber(2, 10, 11, "乙")]),
        ("甲 [1, 2]", [CitedNumber(1, 3, 4, "甲"), CitedNumber(2, 6, 7, "甲")]),
        ("第[一]条、[]、[1a]、1", []),
    ],
)
def test_citations_are_found_with_what_they_follow(text: str, found: list[CitedNumber]) -> None:
    assert list(find_citations(text)) == found


@pytest.mark.parametrize(
    ("text", "plain"),
    [("七日です [1]。", "七日です。"), ("甲。[1][2]\n乙【３】", "甲。\n乙"), ("第[一]条", "第[一]条")],
)
def test_citations_are_taken_out(text: str, plain: str) -> None:
    assert strip_citations(text) == plain

"""Running heads and page numbers: lines of a page that are not part of its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from rag.documents.pdf_lines import Line
from rag.text.articles import starts_heading

MARGIN_LENGTH = 60
"""Longest line, in characters, that is taken for a running head."""
FEWEST_PAGES = 3
"""A line repeats by chance on fewer pages than these."""

SIGNS = r"\s\-‐‑–—―ー−~〜・|－（(\[【<＜）)\]】>＞"
PAGE_NUMBER = re.compile(
    rf"[{SIGNS}]*(?:page|pp?[.．]?|ページ|頁|第)?[\s.．:：]*(\d{{1,4}})\s*(?:(?:/|／|of)\s*(\d{{1,4}})\s*)?"
    rf"(?:ページ|頁|page|p[.．]?)?[{SIGNS}]*",
    re.IGNORECASE,
)
DIGITS = re.compile(r"\d+")

SENTENCE = re.compile("。|、$")
"""A line with this is text, however often it is written."""

Side = Literal["top", "bottom"]
PLACES: dict[Side, int] = {"top": 0, "bottom": -1}


def strip_margins(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Take running heads and page numbers off the pages of a document, one of each at the top and at the bottom.

    A page number is a first or last line that says nothing else, where it is the number of the page in the file, or
    keeps its distance from it on most pages. A running head is a short line that stands on most pages of three or
    more, the same but for a number that counts on with the pages; a heading is one only where it is all the same.
    The first page keeps the head above it, which may well be the title; and no page loses its only line to this.

    Args:
        pages: Lines of every page, in order, empty ones included; none is blank.
    """
    lines = [list(page) for page in pages]
    written = sum(1 for page in lines if page)
    for side in PLACES:
        numbered = _strip_numbers(lines, side, written)
        _strip_heads(lines, side, written)
        _strip_numbers(lines, side, written, passing_over=numbered)
    return lines


def _strip_numbers(
    pages: list[list[Line]], side: Side, written: int, passing_over: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Take the page numbers off; return the indices of the pages that had one."""
    numbers = {
        index: int(match[1])
        for index, line in enumerate(_list_outer(pages, side))
        if index not in passing_over and (match := PAGE_NUMBER.fullmatch(line))
    }
    distances = Counter(number - index for index, number in numbers.items())
    # A number that is neither the page's own nor in step with the others may be a cell of a table.
    found = frozenset(
        index
        for index, number in numbers.items()
        if number == index + 1 or (written >= FEWEST_PAGES and 2 * distances[number - index] > written)
    )
    for index in found:
        del pages[index][PLACES[side]]
    return found


def _strip_heads(pages: list[list[Line]], side: Side, written: int) -> None:
    if written < FEWEST_PAGES:
        return
    outer = _list_outer(pages, side)
    looks = [_list_looks(line, index) for index, line in enumerate(outer)]
    counts = Counter(look for page in looks for look in page)
    first = next((index for index, page in enumerate(pages) if page), None)  # none, where all were numbers
    for index, line in enumerate(outer):
        repeats = any(2 * counts[look] > written for look in looks[index])
        may_be_title = side == "top" and index == first and outer.count(line) > 1
        if repeats and not may_be_title and len(pages[index]) > 1:
            del pages[index][PLACES[side]]


def _list_looks(line: str, index: int) -> list[str]:
    """What a line has in common with the same running head on other pages: itself, or all but the page number in it."""
    if not line or len(line) > MARGIN_LENGTH or SENTENCE.search(line):
        return []
    if starts_heading(line) or PAGE_NUMBER.fullmatch(line):
        return [line]
    # 就業規則 3/12 counts on with the pages; 5日 and 3日 in the last row of a table do not.
    return [line] + [
        f"{line[: number.start()]}\0{int(number[0]) - index}\0{line[number.end() :]}"
        for number in DIGITS.finditer(line)
    ]


def _list_outer(pages: list[list[Line]], side: Side) -> list[str]:
    return [page[PLACES[side]].text.strip() if page else "" for page in pages]

"""Quotations over several lines, and stretches of a text as ascending spans."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

QUOTE_LENGTH = 2000
"""Longest quotation over several lines, in characters, whose articles are not the document's own."""
QUOTE_MARK = re.compile("[「」]")


def find_quotations(text: str) -> list[tuple[int, int]]:
    """Find what of quotations over several lines stands behind their first line, as ascending disjoint stretches."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for mark in QUOTE_MARK.finditer(text):
        if mark.group() == "「":
            opened.append(mark.start())
        elif opened:
            start = opened.pop()
            line_end = text.find("\n", start, mark.start()) if mark.start() - start <= QUOTE_LENGTH else -1
            if line_end >= 0:
                found.append((line_end, mark.end()))
    return list(merge_spans(sorted(found)))


def holds_offset(spans: Sequence[tuple[int, int]], offset: int) -> bool:
    """Say whether one of these ascending stretches holds a place."""
    place = bisect_left(spans, (offset + 1,)) - 1
    return place >= 0 and offset < spans[place][1]


def merge_spans(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Make ascending stretches disjoint."""
    begin = end = -1
    for first, last in spans:
        if first > end:
            if end > begin:
                yield begin, end
            begin = first
        end = max(end, last)
    if end > begin:
        yield begin, end

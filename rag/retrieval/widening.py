"""Hits widened to the whole of the articles or sections they begin and end in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

Span = tuple[int, int]
Widen = Literal["none", "article", "section"]
"""What a hit is widened to: nothing, the articles of a statute, or what stands from one heading to the next."""


def widen_span(start: int, end: int, *, units: Sequence[Span], limit: int) -> Span:
    """Widen a stretch at both ends to the borders of the units it begins and ends in.

    Where both together would be longer than `limit`, only the end that takes less is widened, if it fits.

    Args:
        start: Where the stretch begins.
        end: Where it ends.
        units: Ascending and disjoint; what lies in none of them stays as it is.
        limit: Most characters of the result; a stretch that is longer stays as it is.
    """
    first, last = _find_unit(units, start), _find_unit(units, end - 1)
    left = start if first is None else first[0]
    right = end if last is None else last[1]
    shorter = (left, end) if start - left <= right - end else (start, right)
    return next((span for span in ((left, right), shorter) if span[1] - span[0] <= limit), (start, end))


def _find_unit(units: Sequence[Span], offset: int) -> Span | None:
    place = bisect_right(units, offset, key=lambda unit: unit[0]) - 1
    return units[place] if place >= 0 and offset < units[place][1] else None

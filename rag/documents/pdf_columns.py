"""Columns of a page of a PDF, and the rows in them, in the order they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rag.documents.pdf_runs import Run

FEWEST_RUNS = 3
"""Runs on each side of a gutter."""
NARROWEST = 8
"""Narrowest column of text, in heights of the text; less is a column of a table."""
FILLED = 0.6
"""How much of its column a line of text takes up, at the median; cells of a table take up less."""
SAME_EDGE = 0.5
"""How far lines that begin at the same edge may be apart, in heights of the text."""


@dataclass(frozen=True, slots=True)
class Column:
    """Rows of runs from top to bottom, with the edges of the column they stand in.

    `limit` is how far a line may reach: the gutter, or the margin of the page.
    """

    rows: list[list[Run]]
    start: float
    end: float
    limit: float


def order_columns(runs: Sequence[Run], *, page: tuple[float, float]) -> list[Column]:
    """Order the runs of a page: lines over the whole page part it into bands, in which column follows column.

    Args:
        runs: In any order.
        page: Where the page begins and ends along the lines; text is taken to keep the same distance from both.
    """
    if not runs:
        return []
    apart = _find_apart(runs)
    body = [run for run in runs if run.first not in apart] or runs
    start = min(run.start for run in body)
    return _order(runs, apart, start, max(run.end for run in body), page[0] + page[1] - start)


def _order(runs: Sequence[Run], apart: set[int], start: float, end: float, limit: float) -> list[Column]:
    """Order the runs between two edges; `apart` are first glyphs of those that belong to no column."""
    gutter = _find_gutter([run for run in runs if run.first not in apart])
    if gutter is None:
        return [Column(_build_rows(runs), start, end, limit)] if runs else []
    sides: tuple[list[Run], list[Run]] = ([], [])
    crossing: list[Run] = []
    for run in runs:
        if run.first in apart or run.start < gutter < run.end:
            crossing.append(run)
        else:
            sides[run.start >= gutter].append(run)
    edges = [(min(run.start for run in side), max(run.end for run in side)) for side in sides]
    limits = (edges[1][0], limit)
    columns: list[Column] = []
    for band in _build_bands(crossing, sides):
        if isinstance(band, list):
            columns.append(Column(_build_rows(band), start, end, limit))
            continue
        for side, (left, right), reach in zip(band, edges, limits, strict=True):
            columns += _order(side, set(), left, right, reach)
    return columns


def _build_bands(
    crossing: list[Run], sides: tuple[list[Run], list[Run]]
) -> list[list[Run] | tuple[list[Run], list[Run]]]:
    """Part both sides at the runs that cross the gutter; runs of these that nothing stands between come together."""
    bands: list[list[Run] | tuple[list[Run], list[Run]]] = []
    waiting: list[Run] = []
    left, right = (sorted(side, key=lambda run: run.middle) for side in sides)
    for run in [*sorted(crossing, key=lambda run: run.middle), None]:
        reach = float("inf") if run is None else run.middle
        above = [one for one in left if one.middle < reach], [one for one in right if one.middle < reach]
        left, right = left[len(above[0]) :], right[len(above[1]) :]
        if above[0] or above[1]:
            if waiting:
                bands.append(waiting)
                waiting = []
            bands.append(above)
        if run is not None:
            waiting.append(run)
    return [*bands, waiting] if waiting else bands


def _find_apart(runs: Sequence[Run]) -> set[int]:
    """Find the runs of the first and the last row where these stand away from the rest: running heads, page numbers."""
    found: set[int] = set()
    for order in (1, -1):
        ranked = sorted(runs, key=lambda run: order * run.middle)
        outer = [run for run in ranked if abs(run.middle - ranked[0].middle) < SAME_EDGE * ranked[0].size]
        if len(outer) == len(ranked):
            continue
        following = ranked[len(outer)]
        gap = following.top - outer[0].bottom if order > 0 else outer[0].top - following.bottom
        if gap > 0.8 * outer[0].size:
            found.update(run.first for run in outer)
    return found


def _find_gutter(runs: Sequence[Run]) -> float | None:
    """Find where text ends on one side and begins on the other: with the fewest runs that cross it."""
    if len(runs) < 2 * FEWEST_RUNS:
        return None
    size = median(run.size for run in runs)
    edge = min(run.start for run in runs)
    starts = sorted(run.start for run in runs if run.start > edge + NARROWEST * size)
    best: tuple[int, float] | None = None
    for place in range(len(starts) - FEWEST_RUNS + 1):
        start = starts[place]
        if starts[place + FEWEST_RUNS - 1] - start > SAME_EDGE * size or (place and start == starts[place - 1]):
            continue
        gutter = start - SAME_EDGE * size
        left = [run for run in runs if run.end <= gutter]
        right = [run for run in runs if run.start >= gutter]
        crossing = len(runs) - len(left) - len(right)
        if crossing > min(len(left), len(right)) or not (_is_text(left, size) and _is_text(right, size)):
            continue
        if best is None or crossing < best[0]:
            best = crossing, gutter
    return None if best is None else best[1]


def _is_text(runs: Sequence[Run], size: float) -> bool:
    """Whether runs on one side of a gutter are lines of text that fill their column."""
    if len(runs) < FEWEST_RUNS:
        return False
    width = max(run.end for run in runs) - min(run.start for run in runs)
    usual = median(run.end - run.start for run in runs)
    return usual >= max(NARROWEST * size, FILLED * width) or _find_gutter(runs) is not None


def _build_rows(runs: Sequence[Run]) -> list[list[Run]]:
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.middle):
        if rows and run.middle - rows[-1][0].middle < SAME_EDGE * max(run.size, rows[-1][0].size):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [sorted(row, key=lambda run: run.start) for row in rows]

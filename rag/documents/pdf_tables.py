"""Tables in a PDF: rows of as many cells each, which stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag.documents.pdf_runs import WIDE_GAP, Run
from rag.documents.table_rows import Cell, write_rows

FEWEST_ROWS = 3
"""Fewest rows that show a table; two lines may stand in step by chance."""
ALIGNED = 0.7
"""How far the cells of a column may be out of line, in heights of the text."""
NO_GLYPH = -1
"""Stands for the glyph of a character that is not on the page."""

Written = tuple[str, tuple[int, ...]]
"""Text, and the glyph of each character in it."""


def has_cells(row: Sequence[Run]) -> bool:
    """Whether wide gaps lie within a row."""
    return any(_is_gap(left, right) for left, right in pairwise(row))


def find_tables(rows: Sequence[Sequence[Run]]) -> dict[int, int]:
    """Find where tables begin, and behind which row each ends."""
    tables: dict[int, int] = {}
    place = 0
    while place < len(rows):
        end = place + 1
        while end < len(rows) and has_cells(rows[place]) and _is_in_step(rows[end - 1], rows[end]):
            end += 1
        if end - place >= FEWEST_ROWS:
            tables[place] = end
        place = end
    return tables


def split_cells(row: Sequence[Run]) -> list[list[Run]]:
    """Part a row at its wide gaps."""
    cells: list[list[Run]] = []
    for place, run in enumerate(row):
        if place and not _is_gap(row[place - 1], run):
            cells[-1].append(run)
        else:
            cells.append([run])
    return cells


def write_table(cells: Sequence[Sequence[Written]]) -> list[Written]:
    """Write the rows of a table as other formats have them; labels repeated in a row are on no glyph of theirs."""
    lines = write_rows([[Cell(text) for text, _ in row] for row in cells])
    written: list[Written] = []
    for line, row in zip(lines, cells, strict=True):
        glyphs = [NO_GLYPH] * len(line)
        reached = len(line)
        for text, indices in reversed(row):
            # A cell may say what its label says; the last place is its own.
            place = line.rfind(text.removesuffix("。"), 0, reached)
            if place >= 0:
                glyphs[place : place + len(text)] = indices[: len(line) - place]
                reached = place
        written.append((line, tuple(glyphs)))
    return written


def _is_gap(left: Run, right: Run) -> bool:
    return right.start - left.end > WIDE_GAP * min(left.size, right.size)


def _is_in_step(above: Sequence[Run], below: Sequence[Run]) -> bool:
    """Whether two rows have the same number of cells, and all begin, end or are centred at the same places."""
    upper, lower = split_cells(above), split_cells(below)
    if len(upper) != len(lower):
        return False
    slack = ALIGNED * above[0].size
    if below[0].top - above[0].bottom > 3 * above[0].size:
        return False
    return all(
        abs(one[0].start - other[0].start) < slack
        or abs(one[-1].end - other[-1].end) < slack
        or abs(one[0].start + one[-1].end - other[0].start - other[-1].end) < 2 * slack
        for one, other in zip(upper, lower, strict=True)
    )

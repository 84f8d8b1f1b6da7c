"""Tables of a Word document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rag.documents.docx_text import W, find_value, list_children
from rag.documents.office_package import read_number
from rag.documents.table_rows import Cell

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MOST_COLUMNS = 1000
"""Most columns of one cell; Word knows 63."""
Placed = tuple[int, int, "Element"]
"""First column, number of columns and element of a cell."""


def list_rows(table: Element, read: Callable[[Element], str]) -> list[list[Cell]]:
    """List the cells of every row; of a cell merged over several rows, the text stands in each of them.

    Args:
        table: A `w:tbl` element.
        read: Reads the text of a cell; called in the order of the document.
    """
    rows = [list(_place_cells(row)) for row in list_children(table, "tr")]
    above: dict[int, str] = {}
    filled: list[list[Cell]] = []
    for row, reach in zip(rows, _count_rows_down(rows), strict=True):
        for column, _, cell in row:
            if not _continues_above(cell):
                above[column] = read(cell)
        if not all(_continues_above(cell) for _, _, cell in row):
            before = [Cell("", columns=row[0][0])] if row[0][0] else []
            filled.append(before + [Cell(above.get(column, ""), reach[column], columns) for column, columns, _ in row])
    return filled


def count_headers(table: Element) -> int | None:
    """Count the rows that are marked to be repeated on every page; None where none is, as in most documents."""
    count = 0
    for row in list_children(table, "tr"):
        mark = row.find(f"{W}trPr/{W}tblHeader")
        if mark is None or mark.get(W + "val") in {"0", "false", "off"}:
            break
        count += 1
    return count or None


def _place_cells(row: Element) -> Iterator[Placed]:
    column = min(read_number(find_value(row, "trPr", "gridBefore")) or 0, MOST_COLUMNS)
    for cell in list_children(row, "tc"):
        columns = min(read_number(find_value(cell, "tcPr", "gridSpan")) or 1, MOST_COLUMNS)
        yield column, columns, cell
        column += columns


def _count_rows_down(rows: list[list[Placed]]) -> list[dict[int, int]]:
    """For every row and first column of a cell, how many rows the cell takes up from there down."""
    reaches: list[dict[int, int]] = []
    below: dict[int, int] = {}
    for row in reversed(rows):
        reach = {column: 1 + below.get(column, 0) for column, _, _ in row}
        below = {column: reach[column] for column, _, cell in row if _continues_above(cell)}
        reaches.append(reach)
    return reaches[::-1]


def _continues_above(cell: Element) -> bool:
    """Whether a cell is the lower part of one merged over several rows, whose text stands in the first."""
    merge = find_value(cell, "tcPr", "vMerge")
    return merge is not None and merge != "restart"

"""The cells of one sheet of an Excel workbook, and the tables they make."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.documents.office_package import read_number
from rag.documents.table_rows import MOST_HEADER_ROWS, Cell, TableRows
from rag.documents.xlsx_workbook import S, Workbook

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from rag.documents.office_package import OfficePackage

REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows with no blank row between them: lines of text over a table, each with the rows it comes from.

    `headers` is how many rows of the table are known to be its header.
    """

    lines: list[str]
    table: list[list[Cell]]
    headers: int | None
    first: int
    last: int


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet that show something, and what the file says of them.

    `merges` gives for the first cell of merged ones the last; `header_ends` are rows that end the header of a table.
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: dict[Place, Place] = field(default_factory=dict)
    header_ends: set[int] = field(default_factory=set)
    uncalculated: int = 0

    def find_text(self, place: Place) -> str:
        """Return what a cell shows."""
        row, column = place
        return self.rows.get(row, {}).get(column, "")

    def iterate_blocks(self) -> Iterator[Block]:
        """Part the sheet where rows are blank, and where a header stands below other rows."""
        block: list[int] = []
        reach = 0
        for row in sorted(self.rows):
            if block and (row > reach + 1 or (row in self.header_ends and row - block[0] > MOST_HEADER_ROWS)):
                yield self._build_block(block)
                block = []
            block.append(row)
            bottoms = [self.merges[row, column][0] for column in self.rows[row] if (row, column) in self.merges]
            reach = max(reach, row, *bottoms) if bottoms else max(reach, row)
        if block:
            yield self._build_block(block)

    def _build_block(self, block: Sequence[int]) -> Block:
        rows = list(self._fill(block))
        lines: list[str] = []
        while rows and (text := _find_only_text(rows[0][1])) is not None:
            lines.append(text)
            rows.pop(0)
        ends = [index for index, (row, _) in enumerate(rows, start=1) if row in self.header_ends]
        table = [_widen(cells) for _, cells in rows]
        return Block(lines, table, ends[0] if ends else None, block[0], block[-1])

    def _fill(self, block: Sequence[int]) -> Iterator[tuple[int, list[Cell]]]:
        """Rows of a block, without the columns that are blank in all of them; merged cells stand in each row."""
        columns = sorted({column for row in block for column in self.rows[row]})
        covered_to = [0] * len(columns)
        table = TableRows()
        for row in block:
            own: list[Cell] = []
            index = 0
            while index < len(columns):
                if covered_to[index] >= row:
                    index += 1
                    continue
                place = row, columns[index]
                text = self.find_text(place)
                bottom, right = self.merges.get(place, place) if text else place
                width = max(1, bisect_right(columns, right) - index)
                own.append(Cell(text, max(1, bisect_right(block, bottom) - bisect_left(block, row)), width))
                covered_to[index : index + width] = [bottom] * width
                index += width
            if filled := table.fill(own):
                yield row, filled


def read_sheet(package: OfficePackage, part: str, workbook: Workbook) -> Sheet:
    """Read a sheet.

    Raises:
        DocumentError: It is damaged.
    """
    sheet = Sheet()
    number = 0
    for element in package.stream(part, *(S + name for name in ("row", "mergeCell", "autoFilter", "pane"))):
        match element.tag.removeprefix(S):
            case "row":
                number = read_number(element.get("r")) or number + 1
                _read_row(sheet, number, element, workbook)
            case "pane" if element.get("state", "").startswith("frozen"):
                sheet.header_ends.add(read_number(element.get("ySplit")) or 0)
            case "mergeCell" | "autoFilter":
                first, last = read_range(element.get("ref", ""))
                if first is not None and last is not None and element.tag == S + "mergeCell":
                    sheet.merges[first] = last
                elif first is not None:
                    sheet.header_ends.add(first[0])
    for table in map(package.read, package.list_related(part, "table")):
        first, _ = read_range(table.get("ref", ""))
        headers = read_number(table.get("headerRowCount", "1"))
        if first is not None and headers:
            sheet.header_ends.add(first[0] + headers - 1)
    return sheet


def read_range(reference: str) -> tuple[Place | None, Place | None]:
    """Read a range such as B2:C5; None for what is no cell."""
    first, _, last = reference.partition(":")
    return read_place(first), read_place(last or first)


def read_place(reference: str) -> Place | None:
    """Read a reference such as B2."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(match[2]), column


def _read_row(sheet: Sheet, number: int, element: Element, workbook: Workbook) -> None:
    column = 0
    for cell in element.iterchildren(S + "c"):
        place = read_place(cell.get("r", ""))
        column = place[1] if place else column + 1
        text = workbook.read_cell(cell)
        if text is None:
            sheet.uncalculated += 1
        elif text.strip():
            sheet.rows.setdefault(number, {})[column] = text


def _find_only_text(cells: Sequence[Cell]) -> str | None:
    """The text of a row with one cell that has any."""
    texts = [cell.text for cell in cells if cell.text]
    return texts[0] if len(texts) == 1 and not any(cell.rows > 1 for cell in cells) else None


def _widen(cells: list[Cell]) -> list[Cell]:
    """Let the only text of a row reach over all columns, where it stands in the first: it is a heading within."""
    text = _find_only_text(cells)
    return cells if text is None or not cells[0].text else [Cell(text, columns=sum(cell.columns for cell in cells))]

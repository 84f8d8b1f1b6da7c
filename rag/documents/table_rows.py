"""Rows of tables: cells that reach into other rows, and the header that every row repeats.

A reader sees a window of a table, most often without its first row, and a question names a row and a column. So each
row under a header is written as a sentence, `種類：結婚、日数：５日。`; the header itself stays `種類 | 日数`. Readers,
trained on prose, find twice as many cells in sentences as in `種類: 結婚 | 日数: ５日`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag.documents.ruby import read_ruby

LONGEST_LABEL = 30
"""Longest cell, in characters, of a first row that is taken for a header unasked."""
MOST_HEADER_ROWS = 4
"""Most rows of a header unasked: more are a table of merged cells."""
JUDGED_ROWS = 50
"""Rows below that tell whether the first is a header."""
USUAL = 0.8
"""Share of the cells of a column that hold numbers, where its label holds none."""
NUMBER = re.compile(r"[0-9０-９〇一二三四五六七八九十百千万]")
DIGIT = re.compile(r"[0-9０-９]")
SENTENCE = re.compile(r"[。．？！?!]")


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, and how many rows and columns it takes up."""

    text: str
    rows: int = 1
    columns: int = 1


class TableRows:
    """Repeats the text of a cell in each row it reaches down into, so that every row says what it is about."""

    def __init__(self) -> None:
        self._reaching: dict[int, Cell] = {}

    def clear(self) -> None:
        """Let no cell reach further: a table or a group of rows ends."""
        self._reaching.clear()

    def fill(self, cells: Iterable[Cell]) -> list[Cell]:
        """Return the cells of a row, its own and those from above; none where its own have no text."""
        own = list(cells)
        filled: list[Cell] = []
        column = 0
        above, self._reaching = self._reaching, {}
        for cell in own:
            while column in above:
                column = self._place(above.pop(column), column, filled)
            column = self._place(cell, column, filled)
        for rest in sorted(above):
            self._place(above[rest], rest, filled)
        return filled if any(cell.text for cell in own) else []

    def _place(self, cell: Cell, column: int, filled: list[Cell]) -> int:
        """Put a cell into a row; return the column after it."""
        filled.append(cell)
        if cell.rows > 1:
            self._reaching[column] = replace(cell, rows=cell.rows - 1)
        return column + cell.columns


def write_rows(rows: Sequence[Sequence[Cell]], *, headers: int | None = None) -> list[str]:
    """Write each row of a table as a line; rows without any text are left out.

    Args:
        rows: Filled rows (see `TableRows.fill`), top to bottom, whose cells have no line ends.
        headers: How many of the first rows are the header, 0 for none; None where the format does not say, so that
            it is judged by what stands in the cells.

    Returns:
        Lines of the form `種類 | 日数` for the header and for rows without one, else `種類：結婚、日数：５日。`,
        without the empty cells. A cell over several columns has all their labels, one over all columns none.
    """
    shown = [row for row in rows if any(cell.text for cell in row)]
    titles = 0
    while titles < len(shown) and _is_one_cell(shown[titles]):
        titles += 1
    count = _count_headers(shown[titles:]) if headers is None else max(0, headers - titles)
    labels = _join_labels(shown[titles : titles + count])
    plain, body = shown[: titles + count], shown[titles + count :]
    lines = [" | ".join(cell.text for cell in row) for row in plain]
    return lines + [_write_row(row, labels) for row in body]


def _is_one_cell(row: Sequence[Cell]) -> bool:
    """Whether a row is a title over the table or a heading within: one cell with text over several columns."""
    return len(row) == 1 and row[0].columns > 1


def _count_headers(rows: Sequence[Sequence[Cell]]) -> int:
    """Judge how many of the first rows are the header: with the rows their cells reach into, and none without rows."""
    if len(rows) < 2:
        return 0
    count = max((cell.rows for cell in rows[0]), default=1)
    if count == 1 and any(cell.columns > 1 for cell in rows[0]):
        count = 2
    if count > MOST_HEADER_ROWS or count >= len(rows):
        return 0
    labels = _join_labels(rows[:count])
    body = [_spread(row) for row in rows[count : count + JUDGED_ROWS] if not _is_one_cell(row)]
    return count if _is_header(labels, body) else 0


def _is_header(labels: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    named = labels[1:] if labels and not labels[0] else labels
    if len(labels) < 2 or not named or not all(named) or len(set(labels)) < len(labels):
        return False
    if any(len(label) > LONGEST_LABEL or SENTENCE.search(label) for label in labels):
        return False
    columns = [[row[column] for row in body if column < len(row) and row[column]] for column in range(len(labels))]
    if any(label in cells for label, cells in zip(labels, columns, strict=True)):
        return False
    numeric = [_share_of_numbers(cells) >= USUAL for cells in columns]
    if any(is_numeric and not DIGIT.search(label) for label, is_numeric in zip(labels, numeric, strict=True)):
        return True
    # Words over words: two columns are as likely names and what they stand for, more are a list with its header.
    return len(labels) > 2 and not any(DIGIT.search(label) for label in labels)


def _share_of_numbers(cells: Sequence[str]) -> float:
    return sum(NUMBER.search(cell) is not None for cell in cells) / len(cells) if cells else 0.0


def _spread(row: Sequence[Cell]) -> list[str]:
    """Texts of a row, one for each column."""
    return [cell.text for cell in row for _ in range(cell.columns)]


def _join_labels(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """One label for each column, from the outermost row of the header to the innermost."""
    spread = [_spread(row) for row in rows]
    width = max((len(row) for row in spread), default=0)
    columns = ([row[column] for row in spread if column < len(row)] for column in range(width))
    return [" ".join(dict.fromkeys(read_ruby(text)[0] for text in column if text)) for column in columns]


def _write_row(row: Sequence[Cell], labels: Sequence[str]) -> str:
    if not labels or _is_one_cell(row):
        return " | ".join(cell.text for cell in row)
    parts: list[str] = []
    column = 0
    for cell in row:
        names = dict.fromkeys(label for label in labels[column : column + cell.columns] if label)
        column += cell.columns
        if cell.text:
            parts.append(f"{'・'.join(names)}：{cell.text}" if names else cell.text)
    return "、".join(parts).removesuffix("。") + "。"

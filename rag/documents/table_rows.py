"""Rows of tables in which a cell may reach down into the rows below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


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

    def complete(self, cells: Iterable[Cell]) -> list[str]:
        """Return the texts of a row from its own cells and those from above; none where its own have no text."""
        own = list(cells)
        texts: list[str] = []
        column = 0
        above, self._reaching = self._reaching, {}
        for cell in own:
            while column in above:
                column = self._place(above.pop(column), column, texts)
            column = self._place(cell, column, texts)
        for rest in sorted(above):
            self._place(above[rest], rest, texts)
        return texts if any(cell.text for cell in own) else []

    def _place(self, cell: Cell, column: int, texts: list[str]) -> int:
        """Put a cell into a row; return the column after it."""
        texts.append(cell.text)
        if cell.rows > 1:
            self._reaching[column] = replace(cell, rows=cell.rows - 1)
        return column + cell.columns

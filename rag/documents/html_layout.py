"""Lays the elements of a page out in lines, as a browser does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.documents.ruby import END, MARKS, mark_ruby
from rag.documents.table_rows import Cell, TableRows

if TYPE_CHECKING:
    from bs4 import Tag

    from rag.documents.writer import TextWriter

BREAK = "\v"
"""Stands for a line break of the layout until white space is collapsed; in HTML it is not white space."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
APART_NAMES = (
    "address article aside blockquote details dl fieldset figure footer form header hr main menu ol p pre section "
    "table ul"
)
BLOCK_NAMES = (
    "body caption center dd dialog dir div dt figcaption head hgroup html legend li search summary "
    "tbody td tfoot th thead tr"
)
APART = HEADINGS | frozenset(APART_NAMES.split())
"""Elements with a blank line before and after."""
ROW_GROUPS = frozenset({"table", "thead", "tbody", "tfoot"})
"""Elements out of which no cell reaches, whatever its rowspan."""
MOST_ROWS = 65534
MOST_COLUMNS = 1000
"""Most rows and columns of one cell, as the HTML standard has it."""
BLOCKS = APART | frozenset(BLOCK_NAMES.split())
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff" + MARKS
WIDE_LINE_END = re.compile(rf"(?<=[{WIDE}])[ \t\r\f]*\n[ \t\r\n\f]*(?=[{WIDE}])")
SPACES = " \t\r\n\f"
SPACE = re.compile(f"[{SPACES}]+")
AROUND_BREAK = re.compile(rf" ?{BREAK}[ {BREAK}]*")


class HtmlLayout:
    """Turns starts and ends of elements, and the text between, into lines of a writer.

    Args:
        writer: Takes the lines.
        layout_rows: Identities of the `tr` elements whose cells are blocks of the page rather than cells of a row.
    """

    def __init__(self, writer: TextWriter, layout_rows: frozenset[int]) -> None:
        self._writer = writer
        self._layout_rows = layout_rows
        self._line: list[str] = []
        self._base: int | None = None
        self._rows = TableRows()
        self._table: list[list[Cell]] = []
        self._headers = 0
        self._group = ""
        self._row: list[Cell] | None = None
        self._names_columns = False
        self._cell: Tag | None = None
        self._heading: str | None = None
        self._preformatted = 0
        self._lists: list[int | None] = []
        self._prefix = ""

    def add_text(self, text: str) -> None:
        """Take the text of an element."""
        self._line.append(text if self._preformatted else text.replace(BREAK, " "))

    def add_reading(self, reading: str) -> None:
        """Take the reading of the characters since the `ruby` element, or the reading before, began."""
        if self._base is None:
            return
        base = "".join(self._line[self._base :])
        if base.strip():
            self._line[self._base :] = [mark_ruby(base, reading)]
        elif self._line and (before := self._line[self._base - 1]).endswith(END):
            # All characters come before all readings.
            self._line[self._base - 1 :] = [before.removesuffix(END) + reading + END]
        self._base = len(self._line)

    def start(self, tag: Tag) -> None:
        """Take the start of an element."""
        name = tag.name
        if name == "br":
            self._line.append("\n" if self._preformatted else BREAK)
        elif name == "ruby":
            self._base = len(self._line)
        elif name == "img":
            self._line.append(str(tag.get("alt") or ""))
        if name not in BLOCKS:
            return
        if name in HEADINGS and self._heading is not None:
            self._finish_heading()
        self._finish_line()
        if name in APART and not self._lists:
            self._separate()
        self._open(tag)

    def end(self, tag: Tag) -> None:
        """Take the end of an element."""
        name = tag.name
        if name == "ruby":
            self._base = None
        if name not in BLOCKS:
            return
        if name == self._heading:
            self._finish_heading()
        elif name in {"td", "th"} and self._row is not None:
            self._finish_cell()
        elif name in {"tr", "table"} and self._row is not None:
            self._finish_row()
        else:
            self._finish_line()
        if name in ROW_GROUPS:
            self._group = ""
        if name == "table":
            self._finish_table()
        if name == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif name in {"ol", "ul", "menu", "dir"} and self._lists:
            self._lists.pop()
        elif name == "li":
            self._prefix = ""
        if name in APART and not self._lists:
            self._separate()

    def finish(self) -> None:
        """Take the end of the page, with whatever is still open."""
        if self._row is not None:
            self._finish_row()
        self._finish_heading()
        self._finish_table()

    def _open(self, tag: Tag) -> None:
        name = tag.name
        if name in ROW_GROUPS:
            self._rows.clear()
            self._group = name
            if name == "table":
                self._finish_table()
        elif name in HEADINGS:
            self._heading = name
        elif name == "tr":
            if self._row is not None:
                self._finish_row()
            self._row = None if id(tag) in self._layout_rows else []
            self._names_columns = True
        elif name in {"td", "th"} and self._row is not None:
            self._finish_cell()
            self._cell = tag
            self._names_columns = self._names_columns and name == "th"
        elif name == "pre":
            self._preformatted += 1
        elif name in {"ul", "menu", "dir"}:
            self._lists.append(None)
        elif name == "ol":
            self._lists.append(_read_number(tag, "start", 1) - 1)
        elif name == "li":
            self._prefix = self._build_prefix(tag)
            if self._row is not None:
                self._line.append(self._prefix)
                self._prefix = ""

    def _build_prefix(self, tag: Tag) -> str:
        indentation = "  " * (len(self._lists) - 1)
        if not self._lists or self._lists[-1] is None:
            return indentation + "・"
        number = _read_number(tag, "value", self._lists[-1] + 1)
        self._lists[-1] = number
        return f"{indentation}{number}. "

    def _separate(self) -> None:
        if self._row is None and self._heading is None:
            self._writer.separate()

    def _finish_line(self) -> None:
        """End a line; in a cell or a heading, which stay on one, this is a space."""
        if self._row is not None or self._heading is not None:
            self._line.append(BREAK)
            return
        text = "".join(self._line)
        self._line = []
        if text.strip(SPACES):
            self._finish_table()
        if self._preformatted:
            self._writer.write(text.removeprefix("\n"))
            return
        text = _collapse(text)
        if text:
            self._writer.write(self._prefix + text)
            self._prefix = ""

    def _finish_heading(self) -> None:
        name, self._heading = self._heading, None
        if name is None or self._row is not None:
            self._finish_line()
            return
        text = _collapse("".join(self._line))
        self._line = []
        self._finish_table()
        self._writer.write_heading(text, level=int(name[1]))

    def _finish_cell(self) -> None:
        text = _collapse("".join(self._line))
        self._line = []
        if self._row is not None and (self._cell is not None or text):
            self._row.append(_build_cell(text, self._cell))
        self._cell = None

    def _finish_row(self) -> None:
        if self._cell is not None or "".join(self._line).strip():
            self._finish_cell()
        row, self._row = self._row, None
        self._line = []
        is_header = self._group == "thead" or self._names_columns
        if filled := self._rows.fill(row or []):
            if is_header and self._headers == len(self._table):
                self._headers += 1
            self._table.append(filled)

    def _finish_table(self) -> None:
        """Write the rows so far; a table that says of no row that it is the header has it judged."""
        table, headers = self._table, self._headers
        self._table, self._headers = [], 0
        if table:
            self._writer.write_table(table, headers=headers or None)


def _collapse(text: str) -> str:
    """Collapse white space. A line end between two Japanese characters is none: there are no spaces between words."""
    text = SPACE.sub(" ", WIDE_LINE_END.sub("", text))
    return AROUND_BREAK.sub("\n", text).strip(" \n")


def _build_cell(text: str, tag: Tag | None) -> Cell:
    if tag is None:
        return Cell(text)
    rows, columns = _read_number(tag, "rowspan", 1), _read_number(tag, "colspan", 1)
    # A rowspan of 0 means all the rows there are.
    return Cell(text, min(rows, MOST_ROWS) if rows else MOST_ROWS, max(1, min(columns, MOST_COLUMNS)))


def _read_number(tag: Tag, attribute: str, default: int) -> int:
    value = str(tag.get(attribute) or "").strip()
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else default

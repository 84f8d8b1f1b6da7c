"""Tables as text: CSV and TSV."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rag.documents.canonical import complete_headings, to_canonical
from rag.documents.encoding import decode
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.table_rows import Cell
from rag.documents.writer import TextWriter

KIND = Phrase("CSV", "CSV text")
DELIMITERS = ",\t;|"
JUDGED_ROWS = 200


@dataclass(frozen=True, slots=True)
class DelimitedLoader:
    """Reads each row as a line that repeats the header.

    A row without any text ends a table; single cells above the next one are lines of their own.
    """

    suffixes: tuple[str, ...] = (".csv", ".tsv")
    kind: Phrase = KIND
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a table in any encoding used for Japanese, with any usual delimiter.

        Raises:
            DocumentError: The bytes are binary, or in no encoding that can be told.
        """
        decoded = decode(data)
        text = to_canonical(decoded.text)
        rows = [_trim(row) for row in split_rows(text, choose_delimiter(text))]
        writer = TextWriter()
        table: list[list[Cell]] = []
        for row in [*rows, []]:
            if len(row) > 1 or (row and table):
                table.append([Cell(cell) for cell in row])
                continue
            if table:
                writer.write_table(table)
                table = []
            if row:
                writer.write(row[0])
            else:
                writer.separate()
        anchors = complete_headings(writer.text, writer.anchors)
        metadata = {"format": "csv", "encoding": decoded.encoding}
        return Content(writer.text, anchors=anchors, metadata=metadata, losses=decoded.losses)


def choose_delimiter(text: str) -> str:
    """Choose the delimiter that cuts most rows into the same number of cells, the more cells the better.

    A comma within a sentence cuts each row elsewhere; the first of `DELIMITERS` wins where nothing speaks for any.
    """

    def rate(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in islice(split_rows(text, delimiter), JUDGED_ROWS) if any(row))
        several = {width: count for width, count in widths.items() if width > 1}
        if not several:
            return 0.0, 0
        width = max(several, key=lambda each: (several[each], each))
        return several[width] / widths.total(), width

    return max(DELIMITERS, key=rate)


def split_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    r"""Split a canonical text into rows of cells.

    A cell in quotes may hold delimiters, line ends and doubled quotes. A quote that is not closed before a delimiter or
    line end is a character like others, so that 5" swallows nothing.
    """
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)"(?={mark}|\n|\Z)|([^{mark}\n]*+))({mark}|\n|\Z)')
    row: list[str] = []
    position = 0
    while position < len(text):
        match = cell.match(text, position)
        if match is None:  # cannot be: the second form matches anything up to a delimiter
            break
        row.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        position = match.end()
        if match[3] != delimiter or position == len(text):
            yield row
            row = []


def _trim(row: list[str]) -> list[str]:
    """A row without the empty cells at its end; spreadsheets fill up every row to the width of the widest."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return row[:width]

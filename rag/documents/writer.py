"""Writes canonical text line by line, and keeps the anchors of what was written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.documents.anchor import Anchor, AnchorKind
from rag.documents.canonical import HEADING_LENGTH, to_canonical
from rag.documents.ruby import read_ruby
from rag.documents.table_rows import Cell, write_rows


class TextWriter:
    """Collects lines, headings, rows and blank lines between them; marked readings (`mark_ruby`) become anchors.

    Lines without any visible character are left out, so a run of empty elements leaves at most one blank line.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._apart = False
        self._anchors: list[Anchor] = []

    @property
    def text(self) -> str:
        """The text so far, with a line end after its last line."""
        return "".join([*self._pieces, "\n"]) if self._pieces else ""

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The headings, tables and other marked places so far, in the order of the text, the outer before the inner."""
        return tuple(sorted(self._anchors, key=lambda anchor: (anchor.start, -anchor.end)))

    @property
    def next_start(self) -> int:
        """Offset at which the next line will begin, where one follows."""
        return self._length + len(self._gap)

    def mark(self, kind: AnchorKind, start: int, label: str) -> bool:
        """Put an anchor from `start` (see `next_start`) to the end of the text so far; say whether there is any."""
        written = start < self._length
        if written:
            self._anchors.append(Anchor(kind, start, self._length, label))
        return written

    def separate(self) -> None:
        """Have a blank line before the next line."""
        self._apart = True

    def write(self, text: str) -> None:
        """Write one or more lines."""
        text = to_canonical(text).rstrip("\n")
        if text and not text.isspace():
            self._append(text)

    def write_note(self, kind: AnchorKind, text: str, *, mark: str, label: str) -> None:
        """Write a note as `［mark］text`, with an anchor over its own words."""
        text = "\n".join(line for line in to_canonical(text).strip().split("\n") if line.strip())
        if text:
            start = self.next_start + len(mark) + 2
            self._append(f"［{mark}］{text}")
            self.mark(kind, start, label)

    def write_heading(self, text: str, *, level: int) -> None:
        """Write a heading as one line, with blank lines around it."""
        line = " ".join(part for part in to_canonical(text).split("\n") if part).strip()
        label = " ".join(read_ruby(line)[0].split())
        if not label:
            return
        self.separate()
        start = self.next_start
        self._append(line)
        if self._length - start <= HEADING_LENGTH:
            self._anchors.append(Anchor("heading", start, self._length, label, level))
        self.separate()

    def write_table(self, rows: Iterable[Sequence[Cell]], *, headers: int | None = None, label: str = "") -> None:
        """Write a table with blank lines around it, every row with the header repeated, and an anchor over it.

        Args:
            rows: Filled rows (see `rag.documents.table_rows.TableRows.fill`), top to bottom.
            headers: How many of them are the header; None where the format does not say.
            label: What the table is called; its first line where "".
        """
        lines = write_rows(
            [[replace(cell, text=_join_lines(cell.text)) for cell in row] for row in rows], headers=headers
        )
        self.separate()
        start = self.next_start
        for line in lines:
            self._append(line)
        if lines:
            self.mark("table", start, label or read_ruby(lines[0])[0])
        self.separate()

    @property
    def _gap(self) -> str:
        """What stands between the text so far and the next line."""
        if not self._pieces:
            return ""
        return "\n\n" if self._apart else "\n"

    def _append(self, text: str) -> None:
        if gap := self._gap:
            self._pieces.append(gap)
            self._length += len(gap)
        self._apart = False
        plain, readings = read_ruby(text)
        start = self._length
        self._anchors += [replace(each, start=start + each.start, end=start + each.end) for each in readings]
        self._pieces.append(plain)
        self._length += len(plain)


def _join_lines(text: str) -> str:
    return " ".join(part.strip() for part in to_canonical(text).split("\n")).strip()

"""Writes canonical text line by line, and keeps the anchors of what was written."""

from __future__ import annotations

from dataclasses import replace

from rag.documents.anchor import Anchor
from rag.documents.canonical import HEADING_LENGTH, to_canonical
from rag.documents.ruby import read_ruby


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
        """The headings and readings so far, in the order of the text."""
        return tuple(sorted(self._anchors, key=lambda anchor: (anchor.start, -anchor.end)))

    def separate(self) -> None:
        """Have a blank line before the next line."""
        self._apart = True

    def write(self, text: str) -> None:
        """Write one or more lines."""
        text = to_canonical(text).rstrip("\n")
        if text and not text.isspace():
            self._append(text)

    def write_heading(self, text: str, *, level: int) -> None:
        """Write a heading as one line, with blank lines around it."""
        line = " ".join(part for part in to_canonical(text).split("\n") if part).strip()
        label = " ".join(read_ruby(line)[0].split())
        if not label:
            return
        self.separate()
        start = self._append(line)
        if self._length - start <= HEADING_LENGTH:
            self._anchors.append(Anchor("heading", start, self._length, label, level))
        self.separate()

    def write_row(self, cells: list[str]) -> None:
        """Write a row of a table as one line; a row without any text is left out."""
        texts = [" ".join(part.strip() for part in to_canonical(cell).split("\n")).strip() for cell in cells]
        if any(texts):
            self._append(" | ".join(texts))

    def _append(self, text: str) -> int:
        """Append lines; return where they start."""
        if self._pieces:
            gap = "\n\n" if self._apart else "\n"
            self._pieces.append(gap)
            self._length += len(gap)
        self._apart = False
        start = self._length
        plain, readings = read_ruby(text)
        self._anchors += [replace(each, start=start + each.start, end=start + each.end) for each in readings]
        self._pieces.append(plain)
        self._length += len(plain)
        return start

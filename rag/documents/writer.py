"""Writes canonical text line by line, and keeps the anchors of what was written."""

from __future__ import annotations

from rag.documents.anchor import Anchor
from rag.documents.canonical import HEADING_LENGTH, to_canonical


class TextWriter:
    """Collects lines, headings, rows and blank lines between them.

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
        """The headings so far."""
        return tuple(self._anchors)

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
        label = " ".join(to_canonical(text).split())
        line = " ".join(part for part in to_canonical(text).split("\n") if part).strip()
        if not label:
            return
        self.separate()
        self._append(line)
        if len(line) <= HEADING_LENGTH:
            self._anchors.append(Anchor("heading", self._length - len(line), self._length, label, level))
        self.separate()

    def write_row(self, cells: list[str]) -> None:
        """Write a row of a table as one line; a row without any text is left out."""
        texts = [" ".join(part.strip() for part in to_canonical(cell).split("\n")).strip() for cell in cells]
        if any(texts):
            self._append(" | ".join(texts))

    def _append(self, text: str) -> None:
        if self._pieces:
            gap = "\n\n" if self._apart else "\n"
            self._pieces.append(gap)
            self._length += len(gap)
        self._apart = False
        self._pieces.append(text)
        self._length += len(text)

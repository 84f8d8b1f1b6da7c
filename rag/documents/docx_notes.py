"""Footnotes, endnotes and comments of a Word document: written after the paragraph that calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rag.documents.docx_numbering import format_number
from rag.documents.docx_text import W, list_children

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from rag.documents.office_package import OfficePackage
    from rag.documents.writer import TextWriter

KINDS = ("footnote", "endnote", "comment")
UNTITLED = frozenset({None, "normal"})
"""Types of notes; the others are the lines that Word draws above them."""


class Notes:
    """The notes of a document, each to be written once.

    Args:
        package: The document.
        writer: Takes the notes.
        read: Reads the paragraphs and tables of a note as text.
    """

    def __init__(self, package: OfficePackage, writer: TextWriter, read: Callable[[Element], str]) -> None:
        self._writer = writer
        self._read = read
        self._waiting: dict[tuple[str, str], Element] = {}
        self._counts = dict.fromkeys(KINDS, 0)
        for kind in KINDS:
            root = package.read_related(package.main, f"{kind}s")
            for note in list_children(root, kind) if root is not None else ():
                if note.get(W + "type") in UNTITLED:
                    self._waiting[kind, note.get(W + "id", "")] = note

    def write(self, called: Iterable[tuple[str, str]]) -> None:
        """Write notes by kind and id, numbered in the order in which they are called, as Word numbers them."""
        for kind, identifier in called:
            note = self._waiting.pop((kind, identifier), None)
            if note is None:
                continue
            text = self._read(note)
            if kind == "comment":
                author = note.get(W + "author", "")
                self._writer.write_note("comment", text, mark=f"コメント {author}".strip(), label=author)
                continue
            self._counts[kind] += 1
            number = format_number(self._counts[kind], "decimal" if kind == "footnote" else "lowerRoman")
            mark = f"注{number}" if kind == "footnote" else f"文末注{number}"
            self._writer.write_note("footnote", text, mark=mark, label=number)

    def write_rest(self) -> None:
        """Write the notes that no paragraph calls."""
        self._writer.separate()
        self.write(list(self._waiting))

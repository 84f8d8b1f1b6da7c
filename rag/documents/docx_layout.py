"""Writes the paragraphs, tables and notes of a Word document as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.documents.docx_notes import Notes
from rag.documents.docx_numbering import Numbering
from rag.documents.docx_styles import Styles, read_level
from rag.documents.docx_table import count_headers, list_rows
from rag.documents.docx_text import Paragraph, W, find_value, list_children, read_paragraph
from rag.documents.office_package import read_number
from rag.documents.ruby import read_ruby

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from rag.documents.office_package import OfficePackage
    from rag.documents.writer import TextWriter


class WordLayout:
    """Puts the blocks of a document into the lines of a writer; `title` is the first paragraph of the title style."""

    def __init__(self, package: OfficePackage, writer: TextWriter) -> None:
        self.title = ""
        self._writer = writer
        self._styles = Styles(package.read_related(package.main, "styles"))
        self._numbering = Numbering(package.read_related(package.main, "numbering"))
        self._notes = Notes(package, writer, self._read_blocks)
        self._called: list[tuple[str, str]] = []

    def write_blocks(self, container: Element) -> None:
        """Write the paragraphs and tables of an element, each with the notes it calls after it."""
        for block in list_children(container, "p", "tbl"):
            if block.tag == W + "tbl":
                self._write_table(block)
            else:
                self._write_paragraph(block)

    def finish(self) -> None:
        """Write the notes that were not called."""
        self._notes.write_rest()

    def _write_paragraph(self, element: Element) -> None:
        paragraph = self._read_paragraph(element)
        text = paragraph.text
        style = self._styles.find(find_value(element, "pPr", "pStyle"))
        own_level = read_level(element.find(W + "pPr"))
        level = style.level if own_level is None else own_level
        if not text.strip():
            # An empty paragraph is how most people make room, and shows as a blank line.
            self._writer.separate()
        elif style.is_title:
            self.title = self.title or " ".join(read_ruby(text)[0].split())
            self._writer.write_heading(text, level=1)
        elif level:
            self._writer.write_heading(self._number(element) + text, level=level)
        else:
            self._writer.write(self._number(element) + text)
        self._write_called()
        for box in paragraph.boxes:
            self.write_blocks(box)

    def _write_called(self) -> None:
        called, self._called = self._called, []
        self._notes.write(called)

    def _read_paragraph(self, element: Element) -> Paragraph:
        paragraph = read_paragraph(element)
        self._called += paragraph.notes
        return paragraph

    def _number(self, element: Element) -> str:
        style_id = find_value(element, "pPr", "pStyle")
        style = self._styles.find(style_id)
        numbering = find_value(element, "pPr", "numPr", "numId")
        depth = read_number(find_value(element, "pPr", "numPr", "ilvl"))
        return self._numbering.next_label(
            style.numbering if numbering is None else numbering,
            style.depth if depth is None else depth,
            style_id,
        )

    def _write_table(self, table: Element) -> None:
        rows = [list(list_children(row, "tc")) for row in list_children(table, "tr")]
        self._writer.separate()
        if len(rows) == 1 and len(rows[0]) == 1:
            # A table of one cell is a frame around text.
            self.write_blocks(rows[0][0])
        else:
            self._writer.write_table(list_rows(table, self._read_blocks), headers=count_headers(table))
            self._write_called()
        self._writer.separate()

    def _read_blocks(self, container: Element) -> str:
        """What stands in a cell or a note, in lines."""
        return "\n".join(line for line in self._iterate_lines(container) if line.strip())

    def _iterate_lines(self, container: Element) -> Iterator[str]:
        for block in list_children(container, "p", "tbl"):
            if block.tag == W + "tbl":
                yield from (" | ".join(cell.text for cell in row) for row in list_rows(block, self._read_blocks))
                continue
            paragraph = self._read_paragraph(block)
            yield self._number(block) + paragraph.text if paragraph.text.strip() else ""
            for box in paragraph.boxes:
                yield from self._iterate_lines(box)

"""Word documents."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.canonical import clean_title, complete_headings
from rag.documents.docx_numbering import Numbering
from rag.documents.docx_styles import Styles, read_level
from rag.documents.docx_text import W, find_value, list_children, read_number, read_paragraph
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.signature import WORD
from rag.documents.table_rows import Cell
from rag.documents.writer import TextWriter
from rag.errors import DocumentError

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.oxml.xmlchemy import BaseOxmlElement

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


@dataclass(frozen=True, slots=True)
class DocxLoader:
    """Reads paragraphs and tables in the order of the document, with the numbers Word gives them, then the notes."""

    suffixes: tuple[str, ...] = (".docx",)
    kind: Phrase = WORD.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a Word document.

        Raises:
            DocumentError: The document is damaged.
        """
        document = _open(data)
        writer = TextWriter()
        layout = _WordLayout(document, writer)
        layout.write_blocks(document.element.body)
        for kind in ("footnote", "endnote"):
            layout.write_notes(_find_part(document, f"{kind}s"), kind)
        text = writer.text
        title = layout.title or clean_title(_read_title(document), text)
        return Content(text, title, complete_headings(text, writer.anchors), {"format": "docx"})


def _open(data: bytes) -> WordDocument:
    from docx import Document
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError

    # A damaged archive fails in zipfile and zlib, damaged XML as a SyntaxError of lxml, and XML with other elements
    # than expected in python-docx, which meets it as a missing attribute or key.
    archive = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
    content = (SyntaxError, OpcError, PythonDocxError, AttributeError, LookupError, TypeError, ValueError)
    try:
        document = Document(io.BytesIO(data))
        if document.element.body is None or document.styles.element is None:
            raise ValueError("it has no body")
    except (*archive, *content) as error:
        raise DocumentError(_describe_damage(str(error))) from error
    return document


def _describe_damage(reason: str) -> str:
    return (
        f"壊れた Word 文書です（{reason}）。完全なファイルが必要です。入手し直すか、Word の「開いて修復」で直して"
        "保存してください / "
        f"it is a damaged Word document ({reason}); expected a whole one; get the file again, or let Word repair it "
        "(File > Open > Open and Repair) and save it"
    )


def _read_title(document: WordDocument) -> str:
    try:
        title: str = document.core_properties.title
        return title
    except AttributeError:  # the properties are damaged, but not the text
        return ""


def _find_part(document: WordDocument, kind: str) -> BaseOxmlElement | None:
    """Root element of a part that belongs to the document, or None where it has none of this kind."""
    from docx.oxml import parse_xml

    for relationship in document.part.rels.values():
        if relationship.reltype == RELATIONSHIPS + kind and not relationship.is_external:
            try:
                return parse_xml(relationship.target_part.blob)
            except SyntaxError as error:
                raise DocumentError(_describe_damage(f"{kind}: {error}")) from error
    return None


class _WordLayout:
    """Writes the paragraphs and tables of a document as lines."""

    def __init__(self, document: WordDocument, writer: TextWriter) -> None:
        self.title = ""
        self._writer = writer
        self._styles = Styles(document.styles.element)
        self._numbering = Numbering(_find_part(document, "numbering"))

    def write_blocks(self, container: BaseOxmlElement) -> None:
        for block in list_children(container, "p", "tbl"):
            if block.tag == W + "tbl":
                self._write_table(block)
            else:
                self._write_paragraph(block)

    def write_notes(self, notes: BaseOxmlElement | None, kind: str) -> None:
        """Write footnotes or endnotes; those with a type are the lines that Word draws above them."""
        self._writer.separate()
        for note in list_children(notes, kind) if notes is not None else ():
            if note.get(W + "type") in {None, "normal"}:
                self.write_blocks(note)

    def _write_paragraph(self, paragraph: BaseOxmlElement) -> None:
        text, boxes = read_paragraph(paragraph)
        style = self._styles.find(find_value(paragraph, "pPr", "pStyle"))
        own_level = read_level(paragraph.find(W + "pPr"))
        level = style.level if own_level is None else own_level
        if not text.strip():
            # An empty paragraph is how most people make room, and shows as a blank line.
            self._writer.separate()
        elif style.is_title:
            self.title = self.title or " ".join(text.split())
            self._writer.write_heading(text, level=1)
        elif level:
            self._writer.write_heading(self._number(paragraph) + text, level=level)
        else:
            self._writer.write(self._number(paragraph) + text)
        for box in boxes:
            self.write_blocks(box)

    def _number(self, paragraph: BaseOxmlElement) -> str:
        style_id = find_value(paragraph, "pPr", "pStyle")
        style = self._styles.find(style_id)
        numbering = find_value(paragraph, "pPr", "numPr", "numId")
        depth = read_number(find_value(paragraph, "pPr", "numPr", "ilvl"))
        return self._numbering.next_label(
            style.numbering if numbering is None else numbering,
            style.depth if depth is None else depth,
            style_id,
        )

    def _write_table(self, table: BaseOxmlElement) -> None:
        rows = [list(list_children(row, "tc")) for row in list_children(table, "tr")]
        self._writer.separate()
        if len(rows) == 1 and len(rows[0]) == 1:
            # A table of one cell is a frame around text.
            self.write_blocks(rows[0][0])
        else:
            self._writer.write_table(self._list_rows(table), headers=_count_headers(table))
        self._writer.separate()

    def _list_rows(self, table: BaseOxmlElement) -> list[list[Cell]]:
        """Cells of every row; of a cell merged over several rows, the text stands in each of them."""
        rows = [list(_place_cells(row)) for row in list_children(table, "tr")]
        reaches = _count_rows_down(rows)
        above: dict[int, str] = {}
        filled: list[list[Cell]] = []
        for row, reach in zip(rows, reaches, strict=True):
            for column, _, cell in row:
                if not _continues_above(cell):
                    above[column] = self._read_cell(cell)
            if not all(_continues_above(cell) for _, _, cell in row):
                before = [Cell("", columns=row[0][0])] if row[0][0] else []
                cells = [Cell(above.get(column, ""), reach[column], columns) for column, columns, _ in row]
                filled.append(before + cells)
        return filled

    def _read_cell(self, cell: BaseOxmlElement) -> str:
        return "\n".join(line for line in self._iterate_lines(cell) if line.strip())

    def _iterate_lines(self, container: BaseOxmlElement) -> Iterator[str]:
        for block in list_children(container, "p", "tbl"):
            if block.tag == W + "tbl":
                yield from (" | ".join(cell.text for cell in row) for row in self._list_rows(block))
                continue
            text, boxes = read_paragraph(block)
            yield self._number(block) + text if text.strip() else ""
            for box in boxes:
                yield from self._iterate_lines(box)


def _continues_above(cell: BaseOxmlElement) -> bool:
    """Whether a cell is the lower part of one merged over several rows, whose text stands in the first."""
    merge = find_value(cell, "tcPr", "vMerge")
    return merge is not None and merge != "restart"


def _place_cells(row: BaseOxmlElement) -> Iterator[tuple[int, int, BaseOxmlElement]]:
    """First column, number of columns and element of every cell of a row."""
    column = read_number(find_value(row, "trPr", "gridBefore")) or 0
    for cell in list_children(row, "tc"):
        columns = read_number(find_value(cell, "tcPr", "gridSpan")) or 1
        yield column, columns, cell
        column += columns


def _count_rows_down(rows: list[list[tuple[int, int, BaseOxmlElement]]]) -> list[dict[int, int]]:
    """For every row and first column of a cell, how many rows the cell takes up from there down."""
    reaches: list[dict[int, int]] = []
    below: dict[int, int] = {}
    for row in reversed(rows):
        reach = {column: 1 + below.get(column, 0) for column, _, _ in row}
        below = {column: reach[column] for column, _, cell in row if _continues_above(cell)}
        reaches.append(reach)
    return reaches[::-1]


def _count_headers(table: BaseOxmlElement) -> int | None:
    """Number of rows that are marked to be repeated on every page; None where none is, as in most documents."""
    count = 0
    for row in list_children(table, "tr"):
        mark = row.find(f"{W}trPr/{W}tblHeader")
        if mark is None or mark.get(W + "val") in {"0", "false", "off"}:
            break
        count += 1
    return count or None

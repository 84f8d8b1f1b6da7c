"""Excel workbooks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.documents.canonical import clean_title, complete_headings
from rag.documents.drawing_text import read_lines
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.office_package import OfficePackage
from rag.documents.phrase import Phrase
from rag.documents.ruby import read_ruby
from rag.documents.signature import EXCEL
from rag.documents.writer import TextWriter
from rag.documents.xlsx_comments import Comment, list_comments
from rag.documents.xlsx_sheet import Sheet, read_sheet
from rag.documents.xlsx_workbook import Workbook

NAME = Phrase("Excel ブック", "Excel workbook")
UNNAMED = re.compile(r"(?:sheet|シート|worksheet)\s*\d*", re.IGNORECASE)
"""Names that Excel gives, which say nothing."""
SHAPE_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}txBody"
LONGEST_QUOTE = 30
"""Longest cell, in characters, that a comment on it is marked with."""


@dataclass(frozen=True, slots=True)
class XlsxLoader:
    """Reads what the cells of a workbook show, sheet by sheet: lines of text, and tables whose rows repeat the header.

    Comments and text boxes follow the cells. Hidden sheets are left out, because nobody who opens the workbook sees
    them; hidden rows and columns are read, because filters and outlines hide what belongs to a table.
    """

    suffixes: tuple[str, ...] = (".xlsx", ".xlsm")
    kind: Phrase = EXCEL.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a workbook.

        Raises:
            DocumentError: The workbook is damaged or would do harm.
        """
        package = OfficePackage(data, kind=NAME)
        layout = _WorkbookLayout(package, Workbook(package))
        shown = [sheet for sheet in layout.workbook.sheets if not sheet.is_hidden]
        for sheet in shown:
            layout.write_sheet(sheet.name, sheet.part)
        hidden = [sheet.name for sheet in layout.workbook.sheets if sheet.is_hidden]
        left_out = list(package.count_left_out())
        if hidden:
            left_out.append(f"非表示のシート: {', '.join(hidden)}")
        if layout.uncalculated:
            left_out.append(f"計算結果が保存されていない数式 {layout.uncalculated}")
        text = layout.writer.text
        return Content(
            text,
            clean_title(package.read_title(), text),
            complete_headings(text, layout.writer.anchors),
            {"format": "xlsx"},
            Losses(pages=len(shown), pages_without_text=tuple(layout.empty), left_out=tuple(left_out)),
        )


@dataclass(slots=True)
class _WorkbookLayout:
    """Writes sheets; counts what could not be written."""

    package: OfficePackage
    workbook: Workbook
    writer: TextWriter = field(default_factory=TextWriter)
    empty: list[str] = field(default_factory=list)
    uncalculated: int = 0

    def write_sheet(self, name: str, part: str | None) -> None:
        sheet = Sheet() if part is None else read_sheet(self.package, part, self.workbook)
        comments = [] if part is None else list_comments(self.package, part)
        boxes = [] if part is None else self._list_boxes(part)
        self.uncalculated += sheet.uncalculated
        if not (sheet.rows or comments or boxes):
            self.empty.append(name)
            return
        self.writer.separate()
        start = self.writer.next_start
        if not UNNAMED.fullmatch(name):
            self.writer.write_heading(name, level=1)
        self._write_cells(sheet, comments)
        for box in boxes:
            self.writer.separate()
            self.writer.write(box)
        self.writer.mark("sheet", start, name)

    def _write_cells(self, sheet: Sheet, comments: list[Comment]) -> None:
        waiting = sorted(comments, key=lambda comment: comment.place)
        for block in sheet.iterate_blocks():
            self.writer.separate()
            for line in block.lines:
                self.writer.write(line)
            caption = read_ruby(block.lines[-1])[0] if block.lines else ""
            self.writer.write_table(block.table, headers=block.headers, label=" ".join(caption.split()))
            while waiting and waiting[0].place[0] <= block.last:
                self._write_comment(waiting.pop(0), sheet)
        for comment in waiting:
            self._write_comment(comment, sheet)

    def _write_comment(self, comment: Comment, sheet: Sheet) -> None:
        cell = " ".join(read_ruby(sheet.find_text(comment.place))[0].split())
        where = f"「{cell}」" if 0 < len(cell) <= LONGEST_QUOTE else comment.reference
        mark = f"コメント {comment.author} {where}" if comment.author else f"コメント {where}"
        self.writer.write_note("comment", comment.text, mark=mark, label=comment.author)

    def _list_boxes(self, part: str) -> list[str]:
        """Texts of the shapes that lie on a sheet."""
        drawings = map(self.package.read, self.package.list_related(part, "drawing"))
        texts = ("\n".join(read_lines(body)) for drawing in drawings for body in drawing.iter(SHAPE_TEXT))
        return [text for text in texts if text]

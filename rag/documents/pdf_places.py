"""Where on the pages of a PDF the text of a document stands, found by reading the file again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rag.documents.document import Document
from rag.documents.file_bytes import read_bytes
from rag.documents.formats import locate_file
from rag.documents.pdf_page import Page, draw_page, open_pdf, read_label, read_page
from rag.documents.pdf_tables import NO_GLYPH
from rag.documents.pdf_text import mend_lines
from rag.errors import DocumentError

CHANGED = (
    "ファイルは読み込んだときから変わっています。もう一度加えてください / "
    "the file is no longer what was read; expected the same text; add it again"
)
SCALE = 1.5
"""Pixels for a point in the picture of a page."""


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a page: its label and index, and the sides in points from the upper left corner of the page.

    `width` and `height` are those of the page.
    """

    page: str
    index: int
    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    height: float


def has_boxes(document: Document) -> bool:
    """Whether places of a document can be looked up: it comes from a PDF that is a file of its own."""
    return document.metadata.get("format") == "pdf" and locate_file(document.source) == document.source


def locate_boxes(document: Document, start: int, end: int) -> list[Box]:
    """Find where `document.text[start:end]` stands on the pages: one box for each line, or part of a line.

    A page that was recognised (OCR) is one box.

    Raises:
        DocumentError: The document is no PDF, or the file is gone or has changed.
    """
    if not has_boxes(document):
        raise DocumentError(
            f"{document.source}: PDF のファイルではありません。PDF のファイルから読んだ文書が必要です。取り出して加えて"
            "ください / it is no file of PDF; expected a document that was read from one; add it as a file of its own"
        )
    boxes: list[Box] = []
    with open_pdf(read_bytes(Path(document.source))) as file:
        labels = [read_label(file, number) for number in range(len(file))]
        reached = 0
        for anchor in document.anchors:
            if anchor.kind != "page" or anchor.start >= end:
                continue
            if anchor.end <= start:
                reached = labels.index(anchor.label, reached) + 1 if anchor.label in labels[reached:] else reached
                continue
            text = document.text[anchor.start : anchor.end]
            inside = max(start - anchor.start, 0), min(end, anchor.end) - anchor.start
            index = next((at for at in range(reached, len(labels)) if labels[at] == anchor.label), None)
            if index is None:
                raise DocumentError(CHANGED)
            reached = index + 1
            boxes += _locate(read_page(file, index), index, anchor.label, text, inside)
    return boxes


def render_page(path: Path, index: int) -> bytes:
    """Draw the page of a PDF with an index as a PNG.

    Raises:
        DocumentError: The file is gone or is no whole PDF.
    """
    with open_pdf(read_bytes(path)) as file:
        target = io.BytesIO()
        draw_page(file, index, scale=SCALE).save(target, "PNG")
        return target.getvalue()


def draw_place(document: Document, start: int, end: int) -> tuple[list[Box], bytes]:
    """Find the boxes of `document.text[start:end]` and draw the page of the first one as a PNG, b"" where none is.

    Raises:
        DocumentError: The document is no PDF, or the file is gone or has changed.
    """
    boxes = locate_boxes(document, start, end)
    return boxes, render_page(Path(document.source), boxes[0].index) if boxes else b""


def _locate(page: Page, index: int, label: str, text: str, inside: tuple[int, int]) -> list[Box]:
    """Find a part of the text of a page on it."""
    if not page.lines.lines and page.drawn:
        return [Box(label, index, 0.0, 0.0, page.width, page.height, page.width, page.height)]
    read = mend_lines(page.lines.lines)
    offset = read.text.find(text)
    if offset < 0:
        raise DocumentError(CHANGED)
    glyphs = [glyph for glyph in read.glyphs[offset + inside[0] : offset + inside[1]] if glyph != NO_GLYPH]
    return [_surround(group, page, index, label) for group in _group_lines(glyphs, page)]


def _group_lines(glyphs: Sequence[int], page: Page) -> list[list[int]]:
    """Part glyphs by the line they stand in."""
    lines = {
        glyph: number for number, line in enumerate(page.lines.lines) for glyph in line.glyphs if glyph != NO_GLYPH
    }
    return [list(group) for _, group in groupby(glyphs, key=lambda glyph: lines[glyph])]


def _surround(glyphs: Sequence[int], page: Page, index: int, label: str) -> Box:
    boxes = page.glyphs.boxes[list(glyphs)]
    left, bottom = (float(side) for side in boxes[:, :2].min(0))
    right, top = (float(side) for side in boxes[:, 2:].max(0))
    return Box(label, index, left, page.height - top, right, page.height - bottom, page.width, page.height)

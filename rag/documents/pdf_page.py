"""A page of a PDF as it is read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.pdf_glyphs import Glyphs, read_glyphs
from rag.documents.pdf_lines import PageLines, build_lines
from rag.errors import DocumentError

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument

LARGEST_PICTURE = 50_000_000
"""Pixels of a picture of a page, four times those of A4 at 300 dots an inch and more."""
ONE_AT_A_TIME = threading.Lock()
"""PDFium is not safe to call from two threads, whatever documents they read."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its glyphs; `drawn` tells whether there is anything on it, `written` whether text is."""

    glyphs: Glyphs
    lines: PageLines
    width: float
    height: float
    drawn: bool
    written: bool


@contextmanager
def open_pdf(data: bytes) -> Iterator[PdfDocument]:
    """Open a PDF, alone.

    Raises:
        DocumentError: It is damaged or encrypted.
    """
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        with ONE_AT_A_TIME, PdfDocument(data) as document:
            yield document
    except PdfiumError as error:
        if getattr(error, "err_code", None) in {FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY}:
            raise DocumentError(
                "パスワードで保護された PDF です。パスワードなしで開ける必要があります。保護を外した写し"
                "（例: qpdf --decrypt --password=... 元.pdf 新.pdf）を指定してください / "
                "it is a PDF encrypted with a password; expected one that opens without; save a copy without "
                "password (for example qpdf --decrypt --password=... in.pdf out.pdf) and add that"
            ) from error
        raise DocumentError(
            f"壊れた PDF です（{error}）。完全なファイルが必要です。入手し直すか、閲覧ソフトで開いて PDF に印刷し直して"
            "ください / "
            f"it is a damaged PDF ({error}); expected a whole one; get the file again, or open it in a viewer and "
            "print it to a new PDF"
        ) from error


def read_label(document: PdfDocument, number: int) -> str:
    """Read what a viewer calls the page with an index."""
    return str(document.get_page_label(number) or number + 1)


def read_page(document: PdfDocument, number: int) -> Page:
    """Read the page with an index."""
    from pypdfium2.raw import FPDF_PAGEOBJ_TEXT, FPDFPage_CountObjects, FPDFPage_GetObject, FPDFPageObj_GetType

    page = document[number]
    try:
        text_page = page.get_textpage()
        glyphs = read_glyphs(text_page)
        text_page.close()
        width, height = page.get_size()
        count = FPDFPage_CountObjects(page.raw)
        kinds = (FPDFPageObj_GetType(FPDFPage_GetObject(page.raw, index)) for index in range(count))
        written = FPDF_PAGEOBJ_TEXT in kinds
    finally:
        page.close()
    return Page(glyphs, build_lines(glyphs, (width, height)), width, height, drawn=count > 0, written=written)


def draw_page(document: PdfDocument, number: int, *, scale: float, grey: bool = False) -> Image:
    """Draw the page with an index, `scale` pixels for a point, or fewer where that would be too many."""
    page = document[number]
    try:
        width, height = page.get_size()
        fitting = (LARGEST_PICTURE / max(width * height, 1.0)) ** 0.5
        image: Image = page.render(scale=min(scale, fitting), grayscale=grey).to_pil()
    finally:
        page.close()
    return image

"""PDF."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.anchor import Anchor
from rag.documents.canonical import clean_title, find_heading_anchors, to_canonical
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.pdf_margins import strip_margins
from rag.documents.phrase import Phrase
from rag.documents.signature import PDF
from rag.errors import DocumentError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

ONE_AT_A_TIME = threading.Lock()
"""PDFium is not safe to call from two threads, whatever documents they read."""
END_HYPHEN = re.compile("[\x02\ufffe\uffff]")
"""What PDFium puts where a line ends in a hyphen."""


@dataclass(frozen=True, slots=True)
class PdfLoader:
    """Reads the text layer of a PDF, page by page, without running heads and page numbers."""

    suffixes: tuple[str, ...] = (".pdf",)
    kind: Phrase = PDF.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a PDF.

        Raises:
            DocumentError: The PDF is damaged or encrypted, or has no text on any page.
        """
        with ONE_AT_A_TIME:
            pages, title = _read(data)
        text, anchors, empty = _join(pages)
        if not text:
            raise DocumentError(
                f"{len(pages)} ページのどこにも文字がなく、スキャン画像のようです。OCR（例: ocrmypdf -l jpn）で"
                "文字入りの PDF にしてください / "
                f"no text on any of its {len(pages)} pages, so it seems to be scanned; expected a PDF with a text "
                "layer; run OCR on it (for example ocrmypdf -l jpn) and add the result"
            )
        metadata = {"format": "pdf", "pages": str(len(pages))}
        anchors = sorted([*anchors, *find_heading_anchors(text)], key=lambda anchor: anchor.start)
        return Content(
            text,
            clean_title(title, text),
            tuple(anchors),
            metadata,
            Losses(pages=len(pages), pages_without_text=tuple(empty)),
        )


def _read(data: bytes) -> tuple[list[tuple[str, str]], str | None]:
    """Label and text of every page, and the title in the properties."""
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        with PdfDocument(data) as document:
            return list(_read_pages(document)), document.get_metadata_value("Title")
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


def _read_pages(document: PdfDocument) -> Iterator[tuple[str, str]]:
    for number in range(len(document)):
        page = document[number]
        try:
            text_page = page.get_textpage()
            text = text_page.get_text_range()
            text_page.close()
        finally:
            page.close()
        # NUL stands for a glyph that the font gives no character for.
        yield document.get_page_label(number) or str(number + 1), to_canonical(END_HYPHEN.sub("-", text)).strip("\n")


def _join(pages: list[tuple[str, str]]) -> tuple[str, list[Anchor], list[str]]:
    """Join pages with line ends; return the text, the anchors of pages with text, and the labels of those without."""
    pieces: list[str] = []
    anchors: list[Anchor] = []
    empty: list[str] = []
    length = 0
    texts = strip_margins([text for _, text in pages])
    for (label, _), text in zip(pages, texts, strict=True):
        if not text or text.isspace():
            empty.append(label)
            continue
        anchors.append(Anchor("page", length, length + len(text), label))
        pieces += text, "\n"
        length += len(text) + 1
    return "".join(pieces), anchors, empty

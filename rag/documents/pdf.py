"""PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.documents.canonical import clean_title, find_heading_anchors
from rag.documents.heartbeat import beat
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.pdf_lines import Line
from rag.documents.pdf_margins import strip_margins
from rag.documents.pdf_ocr import NEEDED, can_recognise, recognise_page
from rag.documents.pdf_page import Page, open_pdf, read_label, read_page
from rag.documents.pdf_text import join_pages
from rag.documents.phrase import Phrase
from rag.documents.signature import PDF
from rag.errors import DocumentError


@dataclass(frozen=True, slots=True)
class PdfLoader:
    """Reads the text of a PDF in the order a person does, without running heads and page numbers.

    Pages that hold pictures and no text are recognised where Tesseract with Japanese is installed.
    """

    suffixes: tuple[str, ...] = (".pdf",)
    kind: Phrase = PDF.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a PDF.

        Raises:
            DocumentError: The PDF is damaged or encrypted, or has no text on any page.
        """
        with open_pdf(data) as document:
            labels = [read_label(document, number) for number in range(len(document))]
            pages = [read_page(document, number) for number in range(len(document))]
            title = document.get_metadata_value("Title")
            scanned = [number for number, page in enumerate(pages) if page.drawn and not page.lines.lines]
            recognised: dict[int, list[Line]] = {}
            if scanned and can_recognise():
                for number in scanned:
                    beat()
                    if lines := recognise_page(document, number):
                        recognised[number] = lines
        bodies = strip_margins([recognised.get(number, page.lines.lines) for number, page in enumerate(pages)])
        joined = join_pages(labels, bodies, [page.lines.readings for page in pages])
        if not joined.text:
            raise _explain_emptiness(pages)
        metadata = {"format": "pdf", "pages": str(len(pages))}
        ocr = tuple(labels[number] for number in recognised)
        if ocr:
            metadata["ocr"] = ", ".join(ocr)
        anchors = sorted([*joined.anchors, *find_heading_anchors(joined.text)], key=lambda anchor: anchor.start)
        return Content(
            joined.text,
            clean_title(title, joined.text),
            tuple(anchors),
            metadata,
            Losses(pages=len(pages), pages_without_text=tuple(joined.empty), recognised=ocr),
        )


def _explain_emptiness(pages: Sequence[Page]) -> DocumentError:
    if any(page.written and not page.glyphs.characters for page in pages):
        return DocumentError(
            "文字はありますが、読めません（フォントが埋め込まれていないか、どの文字かを示していません）。日本語のフォント"
            "（例: fonts-ipaexfont-gothic）をインストールして追加し直すか、OCR（例: ocrmypdf --force-ocr -l jpn）に"
            "かけてください / "
            "it has text that cannot be read: its fonts are not embedded, or do not say which characters they draw; "
            "expected fonts that are embedded or installed; install Japanese ones (for example "
            "fonts-ipaexfont-gothic) and add it again, or run OCR on it (for example ocrmypdf --force-ocr -l jpn)"
        )
    return DocumentError(
        f"{len(pages)} ページのどこにも文字がなく、スキャン画像のようです。{NEEDED[0]}か、OCR（例: ocrmypdf "
        "-l jpn）で文字入りの PDF にしてください / "
        f"no text on any of its {len(pages)} pages, so it seems to be scanned; expected a PDF with a text "
        f"layer; {NEEDED[1]}, or run OCR on it (for example ocrmypdf -l jpn) and add the result"
    )

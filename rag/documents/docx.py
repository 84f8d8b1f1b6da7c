"""Word documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.documents.canonical import clean_title, complete_headings
from rag.documents.docx_layout import WordLayout
from rag.documents.docx_text import W, read_paragraph
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.office_package import OfficePackage
from rag.documents.phrase import Phrase
from rag.documents.signature import WORD
from rag.documents.writer import TextWriter

NAME = Phrase("Word 文書", "Word document")
MARGINS = (("header", "ヘッダー"), ("footer", "フッター"))


@dataclass(frozen=True, slots=True)
class DocxLoader:
    """Reads paragraphs and tables in the order of the document, with the numbers Word gives them.

    Footnotes, endnotes and comments follow the paragraph or table that calls them. Headers and footers, which stand on
    every page, are left out, as those of PDF are.
    """

    suffixes: tuple[str, ...] = (".docx", ".docm")
    kind: Phrase = WORD.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a Word document.

        Raises:
            DocumentError: The document is damaged or would do harm.
        """
        package = OfficePackage(data, kind=NAME)
        body = package.read(package.main).find(W + "body")
        if body is None:
            raise package.damage("no body")
        writer = TextWriter()
        layout = WordLayout(package, writer)
        layout.write_blocks(body)
        layout.finish()
        text = writer.text
        title = layout.title or clean_title(package.read_title(), text)
        left_out = (*package.count_left_out(), *_find_margins(package))
        return Content(
            text, title, complete_headings(text, writer.anchors), {"format": "docx"}, Losses(left_out=left_out)
        )


def _find_margins(package: OfficePackage) -> Iterator[str]:
    """What stands above or below the text of every page, and has words in it."""
    for kind, called in MARGINS:
        parts = (package.read(part) for part in package.list_related(package.main, kind))
        texts = (read_paragraph(paragraph).text for part in parts for paragraph in part.iter(W + "p"))
        if any(character.isalpha() for text in texts for character in text):
            yield called

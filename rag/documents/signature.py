"""What a file really is, told from its first bytes."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """A format known by its bytes: `kind` in words, with its article; `suffix` is "" where no loader reads it."""

    kind: str
    suffix: str = ""
    remedy: str = ""


WORD = Signature("a Word document", ".docx")
PDF = Signature("a PDF", ".pdf")
HTML = Signature("HTML text", ".html")
TEXT = Signature("plain text", ".txt")
ENCRYPTED_OFFICE = Signature(
    "an Office document encrypted with a password",
    remedy="open it in Office, remove the password under File > Info > Protect Document, and save it",
)
OLD_OFFICE = Signature(
    "an Office document of the format before 2007 (.doc, .xls, .ppt)",
    remedy="open it in Word or LibreOffice and save it as .docx",
)
ZIP_MEMBERS = (
    ("word/document.xml", WORD),
    ("xl/workbook.xml", Signature("an Excel workbook (.xlsx)", remedy="save its sheets as text, for example .txt")),
    ("ppt/presentation.xml", Signature("a PowerPoint file (.pptx)", remedy="export it as .pdf")),
    ("META-INF/container.xml", Signature("an EPUB book", remedy="convert it to .html")),
    ("content.xml", Signature("an OpenDocument file", remedy="save it as .docx")),
)
ZIP = Signature("a ZIP archive", remedy="unpack it and add the files in it")
BEGINNINGS = (
    (b"{\\rtf", Signature("an RTF document", remedy="open it in Word or LibreOffice and save it as .docx")),
    (b"\x89PNG\r\n\x1a\n", Signature("a PNG image", remedy="run OCR on it and add the text")),
    (b"\xff\xd8\xff", Signature("a JPEG image", remedy="run OCR on it and add the text")),
    (b"GIF8", Signature("a GIF image", remedy="run OCR on it and add the text")),
    (b"II*\x00", Signature("a TIFF image", remedy="run OCR on it and add the text")),
    (b"MM\x00*", Signature("a TIFF image", remedy="run OCR on it and add the text")),
    (b"\x1f\x8b\x08", Signature("gzip-compressed data", remedy="unpack it and add the file in it")),
    (b"7z\xbc\xaf\x27\x1c", Signature("a 7-Zip archive", remedy="unpack it and add the files in it")),
    (b"Rar!\x1a\x07", Signature("a RAR archive", remedy="unpack it and add the files in it")),
    (b"\x7fELF", Signature("a program", remedy="add the documents only")),
    (b"SQLite format 3\0", Signature("an SQLite database", remedy="export its contents as text")),
)
OLE_BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF_WINDOW = 1024
"""Readers of PDF accept the header anywhere in the first 1024 bytes."""
HTML_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)


def identify(data: bytes) -> Signature | None:
    """Tell a binary format from the bytes of a file, or return None for text and anything unknown."""
    if data[:PDF_WINDOW].lstrip().startswith(b"%PDF-"):
        return PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _identify_zip(data)
    if data.startswith(OLE_BEGINNING):
        return ENCRYPTED_OFFICE if "EncryptedPackage".encode("utf-16-le") in data else OLD_OFFICE
    return next((signature for beginning, signature in BEGINNINGS if data.startswith(beginning)), None)


def looks_like_html(data: bytes) -> bool:
    """Tell whether the bytes begin as an HTML page does."""
    return HTML_BEGINNING.match(data) is not None


def has_pdf_header(data: bytes) -> bool:
    """Tell whether a PDF header stands where readers of PDF look for it."""
    return b"%PDF-" in data[:PDF_WINDOW]


def _identify_zip(data: bytes) -> Signature:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        # A cut-off archive has lost its directory, but the names of its members still stand before them.
        names = {member for member, _ in ZIP_MEMBERS if member.encode() in data}
    return next((signature for member, signature in ZIP_MEMBERS if member in names), ZIP)

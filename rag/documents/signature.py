"""What a file really is, told from its first bytes."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from rag.documents.phrase import Phrase

NOTHING = Phrase()


@dataclass(frozen=True, slots=True)
class Signature:
    """A format known by its bytes: `kind` in words, with its article; `suffix` is "" where no loader reads it."""

    kind: Phrase
    suffix: str = ""
    remedy: Phrase = NOTHING


WORD = Signature(Phrase("Word 文書", "a Word document"), ".docx")
PDF = Signature(Phrase("PDF", "a PDF"), ".pdf")
HTML = Signature(Phrase("HTML", "HTML text"), ".html")
TEXT = Signature(Phrase("テキスト", "plain text"), ".txt")
AS_WORD = Phrase(
    "Word か LibreOffice で開いて .docx で保存してください", "open it in Word or LibreOffice and save it as .docx"
)
RECOGNIZE = Phrase("OCR にかけ、その文章を指定してください", "run OCR on it and add the text")
UNPACK = Phrase("展開して中のファイルを指定してください", "unpack it and add the files in it")
ENCRYPTED_OFFICE = Signature(
    Phrase("パスワードで保護された Office 文書", "an Office document encrypted with a password"),
    remedy=Phrase(
        "Office で開き、[ファイル] > [情報] > [文書の保護] でパスワードを外して保存してください",
        "open it in Office, remove the password under File > Info > Protect Document, and save it",
    ),
)
OLD_OFFICE = Signature(
    Phrase(
        "2007 年より前の形式の Office 文書（.doc、.xls、.ppt）",
        "an Office document of the format before 2007 (.doc, .xls, .ppt)",
    ),
    remedy=Phrase(
        "Office か LibreOffice で開いて .docx、.xlsx、.pptx で保存してください",
        "open it in Office or LibreOffice and save it as .docx, .xlsx or .pptx",
    ),
)
EXCEL = Signature(Phrase("Excel ブック", "an Excel workbook"), ".xlsx")
POWERPOINT = Signature(Phrase("PowerPoint ファイル", "a PowerPoint file"), ".pptx")
EPUB = Signature(Phrase("EPUB の本", "an EPUB book"), ".epub")
OPEN_DOCUMENT = Signature(
    Phrase("OpenDocument ファイル", "an OpenDocument file"),
    remedy=Phrase(".docx で保存してください", "save it as .docx"),
)
ZIP_MEMBERS = (
    ("word/document.xml", WORD),
    ("xl/workbook.xml", EXCEL),
    ("ppt/presentation.xml", POWERPOINT),
    ("META-INF/container.xml", EPUB),
    ("content.xml", OPEN_DOCUMENT),
)
MEMBER_FOLDER = re.compile(rb"PK\x03\x04.{26}(word|xl|ppt|META-INF|content\.xml)", re.DOTALL)
"""Where a member of an archive begins: with a header of 30 bytes and its name."""
ZIP = Signature(Phrase("ZIP 書庫", "a ZIP archive"), ".zip")
TIFF = Signature(Phrase("TIFF 画像", "a TIFF image"), remedy=RECOGNIZE)
PROGRAM = Signature(
    Phrase("プログラム", "a program"), remedy=Phrase("文書だけを指定してください", "add the documents only")
)
DATABASE = Signature(
    Phrase("SQLite データベース", "an SQLite database"),
    remedy=Phrase("内容をテキストに書き出してください", "export its contents as text"),
)
BEGINNINGS = (
    (b"{\\rtf", Signature(Phrase("RTF 文書", "an RTF document"), remedy=AS_WORD)),
    (b"\x89PNG\r\n\x1a\n", Signature(Phrase("PNG 画像", "a PNG image"), remedy=RECOGNIZE)),
    (b"\xff\xd8\xff", Signature(Phrase("JPEG 画像", "a JPEG image"), remedy=RECOGNIZE)),
    (b"GIF8", Signature(Phrase("GIF 画像", "a GIF image"), remedy=RECOGNIZE)),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"\x1f\x8b\x08", Signature(Phrase("gzip 圧縮データ", "gzip-compressed data"), remedy=UNPACK)),
    (b"\xfd7zXZ\x00", Signature(Phrase("xz 圧縮データ", "xz-compressed data"), remedy=UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Signature(Phrase("7-Zip 書庫", "a 7-Zip archive"), remedy=UNPACK)),
    (b"Rar!\x1a\x07", Signature(Phrase("RAR 書庫", "a RAR archive"), remedy=UNPACK)),
    (b"\x7fELF", PROGRAM),
    (b"SQLite format 3\0", DATABASE),
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
        first = {match[1].decode() for match in MEMBER_FOLDER.finditer(data)}
        names = {member for member, _ in ZIP_MEMBERS if member.partition("/")[0] in first}
    return next((signature for member, signature in ZIP_MEMBERS if member in names), ZIP)

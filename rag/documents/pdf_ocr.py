"""Pages without text, read by Tesseract where it is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from rag.documents.pdf_lines import WIDE, Line
from rag.documents.pdf_page import draw_page
from rag.documents.pdf_tables import NO_GLYPH

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

COMMAND = "tesseract"
LANGUAGES = ("jpn", "jpn_vert")
"""Japanese across and down; the second is used where it is installed."""
DPI = 300
POINTS = 72
"""Points in an inch."""
PATIENCE = 100
"""Seconds a page may take: then it stays without text, rather than the whole document (`reading_seconds`)."""
NEEDED = (
    "tesseract と日本語データ（jpn、縦書きは jpn_vert）をインストールして追加し直す",
    "install tesseract with its Japanese data (jpn, and jpn_vert for vertical text) and add it again",
)
"""What to do where pages cannot be recognised."""
BETWEEN_WIDE = re.compile(f"(?<={WIDE.pattern}) +(?={WIDE.pattern})")
"""Spaces that Tesseract writes between characters of Japanese."""


def can_recognise() -> bool:
    """Whether Tesseract is installed and knows Japanese."""
    return bool(_find_languages())


def recognise_page(document: PdfDocument, number: int) -> list[Line]:
    """Read the picture of a page; no lines where there is nothing to read, or Tesseract fails or takes too long."""
    picture = io.BytesIO()
    draw_page(document, number, scale=DPI / POINTS, grey=True).save(picture, "PNG")
    text = _call("stdin", "stdout", "-l", "+".join(_find_languages()), "--dpi", str(DPI), picture=picture.getvalue())
    lines = (BETWEEN_WIDE.sub("", line.strip()) for line in text.splitlines())
    return [Line(line, (NO_GLYPH,) * len(line), size=0.0) for line in lines if line]


def _find_languages() -> list[str]:
    installed = _call("--list-langs").split()
    return [language for language in LANGUAGES if language in installed] if LANGUAGES[0] in installed else []


def _call(*arguments: str, picture: bytes = b"") -> str:
    """Run Tesseract; return what it writes, "" where it is not there or fails."""
    command = shutil.which(COMMAND)
    if command is None:
        return ""
    try:
        done = subprocess.run([command, *arguments], input=picture, capture_output=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")

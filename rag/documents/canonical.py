"""Canonical text: one kind of line end, no NUL, otherwise the characters as written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.documents.anchor import Anchor
from rag.text.articles import find_headings

TITLE_LENGTH = 60
"""Longest first line, in characters, that is taken for the title of a document."""
HEADING_LENGTH = 200
"""Longest line, in characters, that is taken for a heading: more is text in an unclosed or misused element."""

LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
NON_BLANK_LINE = re.compile(r"[^\n]*\S[^\n]*")
SPACE = re.compile(r"[ \t\r\n\f]+")
TITLE_PREFIX = re.compile(r"^Microsoft (?:Office )?(?:Word|Excel|PowerPoint) - ", re.IGNORECASE)
TITLE_SUFFIX = re.compile(
    r"\.(?:docx?|docm|rtf|odt|jtdc?|xlsx?|xlsm|pptx?|pptm|pdf|txt|md|html?|indd|tex|dvi)$", re.IGNORECASE
)
PLACEHOLDER = re.compile(
    r"(?:untitled|no title|title|(?:word )?document|無題|名称未設定|タイトルなし|(?:word )?文書|"
    r"powerpoint (?:presentation|プレゼンテーション))[\s　\d.\-]*",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"。(?![」』）)])|。[」』）)]+$|[．.、，]$|(?:です|ます|ました|でした|ません)$")
"""A line with any of these is a sentence or the beginning of one; 「つながる。」計画 is a name."""
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
MISREAD = re.compile("[\ufffd\x00-\x1f\x7f-\x9f]")
LATIN_REST = re.compile("[\xa0-\u02ff\u2010-\u2122]")


def to_canonical(text: str) -> str:
    """Give a text the line ends of canonical text, and take NUL out of it.

    Form feeds, vertical tabs, NEL and the line and paragraph separators of Unicode end a line as well.
    """
    return LINE_END.sub("\n", text).replace("\0", "")


def find_heading_anchors(text: str) -> list[Anchor]:
    """Find the headings of a text whose format marks none, as anchors."""
    return [Anchor("heading", line.start, line.end, line.label, line.level) for line in find_headings(text)]


def complete_headings(text: str, anchors: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
    """Add headings of the shape 第3章, 第12条 where the format marks none, or nothing but the title."""
    taken = {anchor.start for anchor in anchors if anchor.kind == "heading"}
    if len(taken) > 1:
        return anchors
    found = [anchor for anchor in find_heading_anchors(text) if anchor.start not in taken]
    return tuple(sorted((*anchors, *found), key=lambda anchor: (anchor.start, -anchor.end)))


def clean_title(title: str | None, text: str) -> str:
    """Return the title that a file's properties give, or "" where it is a placeholder, a file name or misread."""
    if title is None:
        return ""
    stripped = TITLE_SUFFIX.sub("", TITLE_PREFIX.sub("", SPACE.sub(" ", title).strip())).strip()
    if MISREAD.search(stripped) or len(stripped) > HEADING_LENGTH or PLACEHOLDER.fullmatch(stripped):
        return ""
    # A Japanese title whose bytes were taken for Latin-1 shows as accented letters and signs, with no kana or kanji.
    if LATIN_REST.search(stripped) and not JAPANESE.search(stripped) and JAPANESE.search(text):
        return ""
    return stripped


def find_first_heading(anchors: Iterable[Anchor]) -> str:
    """Return the label of the first heading, "" where there is none."""
    return next((anchor.label for anchor in anchors if anchor.kind == "heading"), "")


def choose_title(title: str, text: str, anchors: tuple[Anchor, ...], stem: str) -> str:
    """Choose what a document is called: its own title, a short first line, its first heading, or its file name.

    A document that begins with a sentence, or with the header of a table, is called by its file name.
    """
    if title:
        return title
    match = NON_BLANK_LINE.search(text)
    first = match.group().strip() if match else ""
    if first and len(first) <= TITLE_LENGTH:
        return stem if SENTENCE.search(first) or " | " in first else first
    return find_first_heading(anchors) or stem

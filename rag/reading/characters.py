"""What a person takes for one character."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
HALF_WIDTH_MARKS = "ﾞﾟ"


def cover_characters(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span so that it cuts no character from its marks: 濁点, variation selectors, joined emoji."""
    while 0 < start < len(text) and (_is_mark(text[start]) or text[start - 1] == JOINER):
        start -= 1
    while 0 < end < len(text) and (_is_mark(text[end]) or text[end - 1] == JOINER):
        end += 1
    return start, end


def _is_mark(character: str) -> bool:
    return (
        character == JOINER
        or character in HALF_WIDTH_MARKS
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or "🏻" <= character <= "🏿"
    )

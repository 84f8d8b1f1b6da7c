"""Kanji of everyday text, and the others."""

from __future__ import annotations

import re

KANJI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


def is_usual(kanji: str) -> bool:
    """Tell whether a kanji is of the first level of JIS X 0208, which holds all those of everyday text."""
    try:
        return 0xB0 <= kanji.encode("euc_jp")[0] < 0xD0
    except UnicodeEncodeError:
        return False


def count_usual(text: str) -> int:
    """Count the kanji of everyday text."""
    return sum(1 for kanji in KANJI.findall(text) if is_usual(kanji))


def count_rare(text: str) -> int:
    """Count the kanji outside everyday text."""
    return sum(1 for kanji in KANJI.findall(text) if not is_usual(kanji))

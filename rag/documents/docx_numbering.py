"""The numbers Word puts before paragraphs: 第1条, (2), ア, ①. They are not in the text of the file but counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.docx_text import W, find_value
from rag.documents.office_package import read_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン"
DIGITS = "〇一二三四五六七八九"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
LEVELS = 9
LARGEST = 32_767
"""Largest number that Word counts to; letters of larger ones would fill pages."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts: `pattern` holds %1 for the number of the first level, and so on."""

    start: int
    number_format: str
    pattern: str
    suffix: str
    style: str | None
    legal: bool


class Numbering:
    """Counts the numbered paragraphs of a document; ask for them in the order of the document.

    Args:
        numbering: The root element of the numbering part, or None where the document has no lists.
    """

    def __init__(self, numbering: Element | None) -> None:
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        if numbering is None:
            return
        for abstract in numbering.iter(W + "abstractNum"):
            levels = {read_number(level.get(W + "ilvl")) or 0: _read_level(level) for level in abstract.iter(W + "lvl")}
            self._levels[abstract.get(W + "abstractNumId", "")] = levels
        for number in numbering.iter(W + "num"):
            starts = {
                read_number(override.get(W + "ilvl")) or 0: start
                for override in number.iter(W + "lvlOverride")
                if (start := read_number(find_value(override, "startOverride"))) is not None
            }
            self._lists[number.get(W + "numId", "")] = find_value(number, "abstractNumId") or "", starts

    def next_label(self, numbering: str | None, depth: int | None, style: str | None) -> str:
        """Count a paragraph and return what stands before it, with the space after; "" for one without number.

        Args:
            numbering: Id of its list.
            depth: Level in the list from 0; where None, the level tied to the paragraph's style.
            style: Id of its style.
        """
        if numbering is None or numbering not in self._lists:
            return ""
        abstract, starts = self._lists[numbering]
        levels = self._levels.get(abstract, {})
        if depth is None:
            depth = next((index for index, level in levels.items() if style and level.style == style), 0)
        if depth not in levels or depth >= LEVELS:
            return ""
        if levels[depth].number_format == "bullet":
            return "  " * depth + "・"
        counts = self._counts.setdefault(abstract, [None] * LEVELS)
        if depth in starts and (numbering, depth) not in self._begun:
            counts[depth] = starts[depth] - 1
        self._begun.add((numbering, depth))
        before = counts[depth]
        counts[depth] = levels[depth].start if before is None else before + 1
        counts[depth + 1 :] = [None] * (LEVELS - depth - 1)
        return _fill(levels, depth, counts)


def _read_level(level: Element) -> _Level:
    start = read_number(find_value(level, "start"))
    return _Level(
        start=1 if start is None else start,
        number_format=find_value(level, "numFmt") or "decimal",
        pattern=find_value(level, "lvlText") or "",
        suffix="" if find_value(level, "suff") == "nothing" else " ",
        style=find_value(level, "pStyle"),
        legal=level.find(W + "isLgl") is not None,
    )


def _fill(levels: dict[int, _Level], depth: int, counts: list[int | None]) -> str:
    def write(match: re.Match[str]) -> str:
        index = int(match[1]) - 1
        level = levels.get(index)
        if level is None:
            return ""
        count = counts[index]
        number_format = "decimal" if levels[depth].legal else level.number_format
        return format_number(level.start if count is None else count, number_format)

    text = re.sub(r"%([1-9])", write, levels[depth].pattern)
    return text + levels[depth].suffix if text.strip() else ""


def format_number(number: int, number_format: str) -> str:
    """Write a number as Word does in a format; formats not known here are written in digits.

    Args:
        number: What was counted.
        number_format: Its name in WordprocessingML, for example "aiueo" or "japaneseCounting".
    """
    name = "decimal" if number > LARGEST else number_format.removesuffix("FullWidth")
    if name == "none" or number < 1:
        return "" if name == "none" else str(number)
    match name:
        case "aiueo" | "iroha":
            letters = AIUEO if name == "aiueo" else IROHA
            return letters[(number - 1) % len(letters)]
        case "decimalEnclosedCircle" if number <= 20:
            return chr(0x2460 + number - 1)
        case "japaneseCounting" | "japaneseLegal" | "chineseCounting" | "chineseCountingThousand":
            return _count_in_kanji(number)
        case "ideographDigital" | "japaneseDigitalTenThousand":
            return "".join(DIGITS[int(digit)] for digit in str(number))
        case "upperLetter" | "lowerLetter":
            letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letter.upper() if name == "upperLetter" else letter
        case "upperRoman" | "lowerRoman":
            return _write_roman(number).upper() if name == "upperRoman" else _write_roman(number)
        case "decimalZero":
            return f"{number:02}"
    return str(number).translate(FULL_WIDTH) if number_format.startswith("decimalFullWidth") else str(number)


def _count_in_kanji(number: int) -> str:
    if number >= 10_000:
        return str(number)
    written = ""
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            written += ("" if digit == 1 and sign else DIGITS[digit]) + sign
    return written


def _write_roman(number: int) -> str:
    written = ""
    for value, letters in ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written

"""Marks at the head of a line that number paragraphs and items: ２, ②, 一, (1), イ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.text.numbers import read_numeral

Style = Literal["full", "half", "circle", "kanji", "bracket", "bracket_kanji", "iroha", "kana", "letter"]
"""How marks of one list look; 1 in full width and 1 in half width number different things."""

IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟"
BRACKETED = "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"
_BRANCH = "(?:の[0-9０-９一二三四五六七八九十]+)*"
_AFTER = r"(?:[.．][\s　]*|[\s　]+)"
MARKER = re.compile(
    rf"(?P<full>[０-９]{{1,2}}{_BRANCH}){_AFTER}|(?P<half>[0-9]{{1,2}}{_BRANCH})(?:[.．](?![0-9])[\s　]*|[\s　]+)|"
    rf"(?P<circle>[{CIRCLES}])[\s　]*|(?P<small>[{BRACKETED}])[\s　]*|"
    rf"(?P<kanji>[一二三四五六七八九十百]{{1,5}}{_BRANCH})(?:[.．、][\s　]*|[\s　]+)|"
    rf"[（(](?P<bracket>[0-9０-９]{{1,2}}{_BRANCH})[）)][\s　]*|"
    rf"[（(](?P<bracket_kanji>[一二三四五六七八九十]{{1,3}}{_BRANCH})[）)][\s　]*|"
    rf"[（(]?(?P<kana>[ァ-ヺ])(?:[）)][\s　]*|{_AFTER})|[（(]?(?P<letter>[a-zａ-ｚ])(?:[）)．.][\s　]*|　)"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """A mark: `number` as it is cited (3, 3の2, イ), `place` what it counts, 1 for the first of a list."""

    style: Style
    number: str
    place: int
    is_branch: bool = False


def read_markers(line: str) -> list[Marker]:
    """Read the mark a line begins with; イ may be the first of イロハ or the second of アイウ, then there are two."""
    match = MARKER.match(line)
    if match is None:
        return []
    kind, written = next((kind, text) for kind, text in match.groupdict().items() if text is not None)
    if kind == "circle":
        return [Marker("circle", str(CIRCLES.index(written) + 1), CIRCLES.index(written) + 1)]
    if kind == "small":
        return [Marker("bracket", str(BRACKETED.index(written) + 1), BRACKETED.index(written) + 1)]
    if kind == "letter":
        return [Marker("letter", written, (ord(written) - ord("a")) % (ord("ａ") - ord("a")) + 1)]
    if kind == "kana":
        orders: tuple[tuple[Style, str], ...] = (("iroha", IROHA), ("kana", KANA))
        return [Marker(style, written, order.index(written) + 1) for style, order in orders if written in order]
    number = read_branched(written)
    style: Style = kind  # type: ignore[assignment]
    return [] if number is None else [Marker(style, number, int(number.split("の")[0]), "の" in number)]


def read_branched(written: str) -> str | None:
    """Return a number with its branches in digits, 三の二 as 3の2; None for runs of numerals that are no number."""
    parts = [read_numeral(part) for part in written.split("の")]
    return None if None in parts else "の".join(part for part in parts if part is not None)

"""Headings of plain text: 第3章, 第12条（見出し）, 1.2 見出し, 附則, 別表."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

NUMERAL = r"[0-9０-９〇一二三四五六七八九十百千]+"
LEVELS = {"編": 1, "章": 2, "節": 3, "款": 4, "目": 5, "条": 6}
OUTERMOST = 1
TITLE_LENGTH = 40
BARE_TITLE_LENGTH = 20
"""Longest title after a number without dots: longer lines of that shape are mostly footnotes."""

DIVISION = re.compile(
    rf"第{NUMERAL}(?P<unit>[編章節款目])(?:の{NUMERAL})*(?=[\s　:：（(]|$)[\s　:：]*+(?P<title>[^\n。]*+)$"
)
ARTICLE = re.compile(
    rf"第{NUMERAL}条(?:の{NUMERAL})*(?P<title>[\s　]*[（(][^（）()\n]{{1,{TITLE_LENGTH}}}[）)])?(?=[\s　（(]|$)"
)
CAPTION = re.compile(rf"[（(][^（）()\n。]{{1,{TITLE_LENGTH}}}[）)]$")
APPENDIX = re.compile(rf"(?:附[\s　]*則|別表(?:第{NUMERAL})?|別記様式(?:第{NUMERAL})?)(?=[\s　（(]|$)[^\n。]*$")
NUMBERED = re.compile(
    rf"(?P<number>[0-9０-９]{{1,3}}(?:[.．][0-9０-９]{{1,3}})*)[.．]?[\s　]+"
    rf"(?P<title>[^\s\d|][^\n。、|\t]{{0,{TITLE_LENGTH}}})$"
)
_DIGITS = "[0-9０-９]{1,3}"
_DOTTED = rf"{_DIGITS}(?:[.．]{_DIGITS})"
_KANJI = "[一二三四五六七八九十]{1,3}"
NUMBERING = re.compile(
    rf"^[\s　]*(?:#{{1,6}}[\s　]+)?(?:(?:{_DIGITS}|{_KANJI})　|{_DOTTED}*[.．][\s　]+|"
    rf"{_DOTTED}+[\s　]+(?![A-Za-z%％℃Ω])|[（(](?:{_DIGITS}|{_KANJI}|[ア-ンa-z])[）)]|[①-⑳㋐-㋾・●○■◆])[\s　]*",
    re.MULTILINE,
)
"""Numbers of headings, paragraphs and list items at the head of a line: 3.2, but not that of 3.2 mm."""
LEADERS = ".．・…‥"
FIGURES = "0123456789０１２３４５６７８９"
LINE = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading: `text[start:end]` is what of the line belongs to it, `label` the same on one line.

    `level` is 1 for the outermost; 編章節款目条 are 1 to 6, whichever of them a text uses.
    """

    start: int
    end: int
    label: str
    level: int


def find_headings(text: str) -> list[HeadingLine]:
    """Find the headings of a plain text, in order.

    Lines of a table of contents, and lines that are whole sentences, are not taken for headings. A caption on the
    line above an article, as statutes have it, becomes part of its label.
    """
    return list(_iterate_headings(text))


def _iterate_headings(text: str) -> Iterator[HeadingLine]:
    caption: tuple[int, str] | None = None
    for line in LINE.finditer(text):
        start = line.start() + measure_indentation(line.group())
        content = line.group().strip()
        if not content:
            continue
        heading = _read_heading(content)
        if heading is None:
            caption = (start, content) if CAPTION.match(content) else None
            continue
        length, level = heading
        label = " ".join(content[:length].split())
        if caption is not None and level == LEVELS["条"] and not label.endswith(("）", ")")):
            label += caption[1]
        yield HeadingLine(start, start + length, label, level)
        caption = None


def starts_heading(line: str) -> bool:
    """Tell whether a line, without its indentation, begins with a heading."""
    return _read_heading(line.strip()) is not None


def measure_indentation(line: str) -> int:
    """Count the white space a line begins with."""
    return len(line) - len(line.lstrip())


def ends_in_page_number(content: str) -> bool:
    """Tell a line of a table of contents: leaders and a number. Read from its end, long rows of dots cost nothing."""
    before = content.rstrip(FIGURES)
    leaders = before.rstrip()[-3:]
    return before != content and len(leaders) == 3 and leaders.strip(LEADERS) == ""


def _read_heading(content: str) -> tuple[int, int] | None:
    """Length and level of the heading a line begins with."""
    if content[0] not in "第附別" and not content[0].isdecimal():
        return None
    if ends_in_page_number(content):
        return None
    if match := DIVISION.match(content):
        return (len(content), LEVELS[match["unit"]]) if len(match["title"]) <= TITLE_LENGTH else None
    if match := ARTICLE.match(content):
        return len(match.group().rstrip()), LEVELS["条"]
    if (match := APPENDIX.match(content)) and len(content) <= TITLE_LENGTH:
        return len(content), OUTERMOST
    if match := NUMBERED.match(content):
        dots = len(re.findall(r"[.．]", match["number"]))
        if dots or (len(match["title"]) <= BARE_TITLE_LENGTH and not match["title"].endswith(".")):
            return len(content), 1 + dots
    return None


def split_articles(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches from one heading of a plain text to the next; what stands before the first is one too."""
    starts = [0, *(heading.start for heading in find_headings(text) if heading.start > 0), len(text)]
    for start, end in pairwise(starts):
        if start < end:
            yield start, end

"""Numbers as the number formats of Excel show them: 1,234円, 12.5%, 令和6年4月1日."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from rag.documents.xlsx_dates import format_date
from rag.documents.xlsx_digits import write_digits

JAPANESE_DATE = '[$-411]ggge"年"m"月"d"日"'
BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "¥#,##0;¥-#,##0",
    6: "¥#,##0;¥-#,##0",
    7: "¥#,##0.00;¥-#,##0.00",
    8: "¥#,##0.00;¥-#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"',
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    **dict.fromkeys((27, 36, 50, 57), "[$-411]ge.m.d"),
    **dict.fromkeys((28, 29, 51, 54, 58), JAPANESE_DATE),
    **dict.fromkeys((34, 52, 55), 'yyyy"年"m"月"'),
    **dict.fromkeys((35, 53, 56), 'm"月"d"日"'),
}
"""Formats that files give by number only, as Excel shows them in Japanese (ECMA-376, 18.8.30)."""

TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"? | \\(?P<escaped>.)
    | (?P<room>[_*].)                                               # as wide as a character; a character repeated
    | \[\$(?P<currency>[^\]\-]*)(?:-(?P<locale>[^\]]*))?\]
    | \[(?P<relation>[<>=]+)(?P<limit>-?[\d.]+)\]
    | (?P<part>\[(?:h+|m+|s+)\] | am/pm | a/p | 上午/下午 | 午前/午後 | general | g/標準 | e[+\-]0+
      | (?<=s)\.0+ | (?P<letter>[ymdhsgeab])(?P=letter)* | [0\#?.,%@/])
    | \[(?P<bracket>[^\]]*)\]
    | (?P<other>.)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
DATE_PART = re.compile(r"[ymdhsge]+|a{3,}|\[[hms]+\]|am/pm|a/p|上午/下午|午前/午後", re.IGNORECASE)
GENERAL = frozenset({"general", "g/標準"})
PLAIN_DIGITS = 15
"""Significant digits that Excel keeps."""
SHOWN_DIGITS = 10
"""Significant digits of a broken number without format."""
DIGITS = {
    "1": str.maketrans("0123456789", "〇一二三四五六七八九"),
    "3": str.maketrans("0123456789", "０１２３４５６７８９"),
}
"""Digits of the formats [DBNum1] and [DBNum3]."""


@dataclass(slots=True)
class Section:
    """One of the parts that ; separates: its tokens, of which a literal one begins with a backslash, and conditions."""

    tokens: list[str] = field(default_factory=list)
    condition: tuple[str, float] | None = None
    locale: str = ""
    digits: str = ""

    @property
    def is_date(self) -> bool:
        """Whether it shows a moment."""
        return any(DATE_PART.fullmatch(token) for token in self.tokens)

    def holds(self, number: float) -> bool:
        """Whether a number meets its condition, if it has one."""
        if self.condition is None:
            return True
        relation, limit = self.condition
        smaller, larger = number < limit, number > limit
        met = ("<" in relation and smaller) or (">" in relation and larger)
        return met or ("=" in relation and not smaller and not larger)


def format_number(number: float, code: str, *, from_1904: bool = False) -> str:
    """Write a number as a cell with a format shows it; "" where the format hides it.

    Args:
        number: The value of the cell.
        code: The format, for example `#,##0"円"`.
        from_1904: Whether days are counted from 1904.
    """
    sections = parse_format(code)
    section, value = _choose(number, sections)
    if any(token.lower() in GENERAL for token in section.tokens) or (not section.tokens and len(sections) == 1):
        shown = write_general(value)
        literals = (token[1:] if token[0] == "\\" else shown for token in section.tokens)
        written: str | None = "".join(literals) or shown
    elif section.is_date:
        written = format_date(
            number,
            section.tokens,
            from_1904=from_1904,
            japanese=section.locale.lower().endswith("411") or section.locale.lower().startswith("ja"),
            first_year="gannen" in section.locale.lower(),
        )
    else:
        written = write_digits(value, section.tokens)
    if written is None:
        return write_general(number)
    return written.translate(DIGITS.get(section.digits, {}))


def format_text(text: str, code: str) -> str:
    """Write a text as a cell with a format shows it: the fourth section holds @ for it."""
    sections = parse_format(code)
    holding = [section for section in sections if "@" in section.tokens]
    if len(sections) < 4 and not holding:
        return text
    tokens = (holding or sections)[-1].tokens
    return "".join(text if token == "@" else token[1:] for token in tokens if token == "@" or token[0] == "\\")


def write_general(number: float) -> str:
    """Write a number without format: whole ones in full, others in as many digits as a cell has room for."""
    if abs(number) < 10**PLAIN_DIGITS and number == int(number):
        return str(int(number))
    written = f"{number:.{SHOWN_DIGITS}g}"
    return f"{Decimal(written):f}" if 1e-9 < abs(number) < 10**PLAIN_DIGITS else written.upper()


@lru_cache(maxsize=512)
def parse_format(code: str) -> tuple[Section, ...]:
    """Parse the sections of a format."""
    sections = [Section()]
    for match in TOKEN.finditer(code):
        found = match.groupdict()
        section = sections[-1]
        if found["other"] == ";":
            sections.append(Section())
        elif found["part"]:
            section.tokens.append(found["part"])
        elif found["relation"]:
            section.condition = found["relation"], _read_limit(found["limit"])
        elif (found["bracket"] or "").lower().startswith("dbnum"):
            section.digits = found["bracket"][5:6]
        else:
            section.locale = found["locale"] or section.locale
            literal = found["quoted"] or found["escaped"] or found["currency"] or found["other"]
            if literal:
                section.tokens.append("\\" + literal)
    return tuple(sections)


def _read_limit(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _choose(number: float, sections: Sequence[Section]) -> tuple[Section, float]:
    """The section that shows a number, and the number without the sign that the section stands for."""
    numeric = sections[:3]
    if any(section.condition for section in numeric):
        chosen = next((section for section in numeric if section.holds(number)), numeric[-1])
        return chosen, abs(number) if number < 0 and chosen is not numeric[0] else number
    if number < 0 and len(sections) > 1:
        return sections[1], -number
    if number == 0 and len(sections) > 2:
        return sections[2], number
    return sections[0], number

"""Dates as the number formats of Excel show them, with 元号 and 曜日."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

FIRST_DAY = datetime(1899, 12, 30)
FIRST_DAY_1904 = datetime(1904, 1, 1)
FALSE_LEAP_DAY = 60
"""Excel counts a 29 February 1900, so that days before it are one less."""
LAST_DAY = 2_958_466
"""The number of 1 January 10000, the first day that Excel cannot show."""
ERAS = (
    (date(2019, 5, 1), "令和", "R"),
    (date(1989, 1, 8), "平成", "H"),
    (date(1926, 12, 25), "昭和", "S"),
    (date(1912, 7, 30), "大正", "T"),
    (date(1868, 1, 25), "明治", "M"),
)
WEEKDAYS = "月火水木金土日"
ENGLISH_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
ELAPSED = re.compile(r"\[([hms])\1*\]", re.IGNORECASE)
FRACTION = re.compile(r"\.(0+)")
NOON = frozenset({"am/pm", "a/p", "上午/下午", "午前/午後"})


def read_date(number: float, *, from_1904: bool) -> datetime | None:
    """Return the moment that a number of days stands for, or None where Excel shows none."""
    if not 0 <= number < LAST_DAY:
        return None
    if from_1904:
        return FIRST_DAY_1904 + timedelta(days=number)
    return FIRST_DAY + timedelta(days=number + (1 if number < FALSE_LEAP_DAY else 0))


def format_date(
    number: float, tokens: Sequence[str], *, from_1904: bool, japanese: bool, first_year: bool
) -> str | None:
    """Write a number of days as a moment.

    Args:
        number: Days since the beginning of the calendar of the workbook.
        tokens: Parts of the format (see `rag.documents.xlsx_format`).
        from_1904: Whether that calendar is the one of old Macintoshes.
        japanese: Whether 午前 and 月 are written for AM and Mon.
        first_year: Whether the first year of an era is 元.
    """
    if read_date(number, from_1904=from_1904) is None:
        return None
    fraction = next((len(match[1]) for token in tokens if (match := FRACTION.fullmatch(token))), 0)
    unit = Decimal(1).scaleb(-fraction)
    seconds = (Decimal(repr(number)) * 86_400).quantize(unit, ROUND_HALF_UP)
    moment = read_date(float(seconds / 86_400), from_1904=from_1904)
    if moment is None:
        return None
    # The days may be an inexact binary fraction: what is shown goes by the rounded seconds.
    moment = datetime.combine(moment.date(), datetime.min.time()) if seconds % 86_400 == 0 else moment
    moment = _round(moment, fraction)
    writer = _DateWriter(moment, seconds, tokens, japanese=japanese, first_year=first_year)
    return "".join(writer.write(index) for index in range(len(tokens)))


def _round(moment: datetime, fraction: int) -> datetime:
    step = 10 ** max(0, 6 - fraction)
    micro = (moment.microsecond + step // 2) // step * step
    return moment.replace(microsecond=0) + timedelta(microseconds=micro)


class _DateWriter:
    """Writes the parts of a date."""

    def __init__(
        self, moment: datetime, seconds: Decimal, tokens: Sequence[str], *, japanese: bool, first_year: bool
    ) -> None:
        self._moment = moment
        self._seconds = seconds
        self._tokens = tokens
        self._japanese = japanese
        self._first_year = first_year
        self._twelve = any(token.lower() in NOON for token in tokens)

    def write(self, index: int) -> str:
        """Write the token at `index`."""
        token = self._tokens[index]
        low = token.lower()
        if token[0] in '"\\':
            return token[1:]
        if match := ELAPSED.fullmatch(low):
            passed = int(self._seconds // {"h": 3600, "m": 60, "s": 1}[match[1]])
            return f"{passed:0{len(low) - 2}}"
        if low in NOON:
            return self._write_noon(low)
        if match := FRACTION.fullmatch(token):
            digits = f"{self._moment.microsecond:06}"
            return "." + digits[: len(match[1])].ljust(len(match[1]), "0")
        if low[0] == "m" and self._is_minute(index):
            return f"{self._moment.minute:0{len(low)}}"
        return self._write_part(low) if low[0] in "ymdhsgeabn" else token

    def _write_part(self, low: str) -> str:
        moment, size = self._moment, len(low)
        match low[0]:
            case "y" | "b":
                return f"{moment.year % 100:02}" if size <= 2 else f"{moment.year:04}"
            case "m":
                name = MONTHS[moment.month - 1]
                return (f"{moment.month:0{size}}", name[:3], name, name[0])[max(0, min(size, 5) - 2)]
            case "d":
                return f"{moment.day:0{size}}" if size <= 2 else self._write_weekday(short=size == 3)
            case "a" | "n":
                return WEEKDAYS[moment.weekday()] + ("" if size <= 3 else "曜日")
            case "h":
                hour = (moment.hour % 12 or (0 if self._japanese else 12)) if self._twelve else moment.hour
                return f"{hour:0{size}}"
            case "s":
                return f"{moment.second:0{size}}"
        return self._write_era(low)

    def _write_era(self, low: str) -> str:
        day = self._moment.date()
        start, name, letter = next((era for era in ERAS if era[0] <= day), ERAS[-1])
        if low[0] == "g":
            return {1: letter, 2: name[0]}.get(len(low), name)
        year = day.year - start.year + 1
        return "元" if year == 1 and self._first_year else f"{year:0{len(low)}}"

    def _write_weekday(self, *, short: bool) -> str:
        if self._japanese:
            return WEEKDAYS[self._moment.weekday()] + ("" if short else "曜日")
        name = ENGLISH_WEEKDAYS[self._moment.weekday()]
        return name[:3] if short else name

    def _write_noon(self, low: str) -> str:
        after = self._moment.hour >= 12
        if self._japanese or low == "午前/午後":
            return "午後" if after else "午前"
        first, second = ("A", "P") if low == "a/p" else ("AM", "PM")
        return second if after else first

    def _is_minute(self, index: int) -> bool:
        """Whether an m stands for minutes: after hours or before seconds."""
        if len(self._tokens[index]) > 2:
            return False
        before = (
            next((token.lower() for token in self._tokens[index - 1 :: -1] if _is_part(token)), "") if index else ""
        )
        after = next((token.lower() for token in self._tokens[index + 1 :] if _is_part(token)), "")
        return before.startswith(("h", "[h")) or after.startswith(("s", "[s"))


def _is_part(token: str) -> bool:
    return token[0] in "ymdhsgeaYMDHSGEA[" and token.lower() not in NOON

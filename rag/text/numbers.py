"""Numbers in every Japanese writing as one form: 三箇月, 3か月 and ３ヶ月; 2万5千円 and 25,000円."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

DIGITS = dict(zip("〇一二三四五六七八九零壱弐参", "01234567890123", strict=True))
SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
LARGE_UNITS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_UNITS = "".join(SMALL_UNITS) + "".join(LARGE_UNITS)
_KANJI = "".join(DIGITS) + _UNITS
_ARABIC = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_FIRST_YEAR = "(?<=令和|平成|昭和|大正|明治)元(?=年)"
_TO_ARABIC = str.maketrans(DIGITS | {"元": "1", ",": ""})
_PART = re.compile(rf"[0-9.]+|[{_UNITS}]")
_LONGEST_SUM = 40
"""Longest number with units, in characters; thousands of billions in 漢数字 take 31."""

_KA = "[かカヵケヶ箇個]"
_COUNTERS = (
    rf"{_KA}(?:月間?|所|国|年|条|村|店|社|寺|町|点|品|目)|年[度間]?|月|週間?|日間?|時間?|分間?|秒間?|泊|円|銭|ドル|ユーロ|人|名|"
    r"回|件|個|台|条|項|号|章|節|編|款|枚|本|冊|巻|階|歳|才|割|分|厘|点|位|度|倍|%|パーセント|ページ|頁|部|社|校|番|等|級|種|区|"
    r"丁目|坪|畳|桁|文字|字|通|箱|便|戸|棟|世帯|口|株|票|席|室|頭|匹|羽|着|足|隻|機|両|軒|歩|つ|キロ|メートル|グラム|リットル|"
    r"(?:[kcm]?m|[km]?g|m?l|[kmgt]?b)(?![a-z])"
)
_NUMERAL = re.compile(rf"(?:{_ARABIC}|[{_KANJI}])+")
_NUMBER = re.compile(
    rf"(?P<ordinal>第|(?<=条の))?(?P<value>{_FIRST_YEAR}|(?:{_ARABIC}|[{_KANJI}])+)(?P<unit>{_COUNTERS})?"
    r"(?P<part>(?:\.[0-9]+)+)?"
)
# A word for the sign, which a full-text index need not keep. 3か月間 is as long as 3か月, but 3時 is not 3時間.
_UNIT_FORMS = {"%": "パーセント", "才": "歳", "頁": "ページ", "名": "人"} | {
    unit + "間": unit for unit in ("か月", "年", "週", "日", "分", "秒")
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number and its counter; `text[start:end]` holds both, `text[unit_start:end]` the counter.

    `value` is written in digits, without leading zeros or commas; `unit` is one form for all writings of a counter.
    """

    start: int
    unit_start: int
    end: int
    value: str
    unit: str


def find_numbers(text: str) -> list[Number]:
    """Find the numbers of a folded text (see `rag.text.normalization.fold`), in order.

    A single 漢数字 counts only with a counter, 第 or 条の, because 一 and its like are part of many words. Numbers of
    sections (1.2.3) are none.
    """
    return [number for match in _NUMBER.finditer(text) if (number := _read(match)) is not None]


def read_numeral(written: str) -> str | None:
    """Return a numeral of any writing in digits, 十二 and １２ as 12; None for what is none."""
    folded = unicodedata.normalize("NFKC", written)
    return _evaluate(folded) if _NUMERAL.fullmatch(folded) else None


def _read(match: re.Match[str]) -> Number | None:
    written, unit = match["value"], match["unit"] or ""
    bare = not unit and match["ordinal"] is None
    if match["part"] or (bare and len(written) == 1 and written in _KANJI):
        return None
    value = _evaluate(written)
    if value is None:
        return None
    start, stop = match.span("value")
    end = stop + len(unit)
    form = re.sub(rf"^{_KA}(?=.)", "か", unit)
    return Number(start, stop, end, value, _UNIT_FORMS.get(form, form))


def _evaluate(written: str) -> str | None:
    """Return the value in digits, None for a run of numerals that is no number."""
    if len(written) > 1 and set(written) <= {"〇", "零"}:  # 〇〇 stands for something left open
        return None
    parts = _PART.findall(written.translate(_TO_ARABIC))
    if any(part.count(".") > 1 for part in parts):
        return None
    if parts[0] not in _UNITS and len(parts) == 1:
        return _trim(parts[0])
    return _trim(format(_add(parts), "f")) if len(written) <= _LONGEST_SUM else None


def _add(parts: list[str]) -> Decimal:
    """Add up figures and units: 2 万 5 千."""
    total = section = Decimal(0)
    figure: Decimal | None = None
    for part in parts:
        if part in SMALL_UNITS:
            section += (1 if figure is None else figure) * SMALL_UNITS[part]
            figure = None
        elif part in LARGE_UNITS:
            total += ((section or 1) if figure is None else section + figure) * LARGE_UNITS[part]
            section, figure = Decimal(0), None
        else:
            figure = Decimal(part)
    return total + section + (figure or 0)


def _trim(value: str) -> str:
    """Write a number without zeros that say nothing."""
    whole, _, fraction = value.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole

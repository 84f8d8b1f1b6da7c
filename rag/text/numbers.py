"""Numbers in every Japanese writing as one form: 三箇月, 3か月 and ３ヶ月; 2万5千円 and 25,000円."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "壱": 1,
    "弐": 2,
    "参": 3,
}
SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
LARGE_UNITS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_KANJI = "".join(DIGITS) + "".join(SMALL_UNITS) + "".join(LARGE_UNITS)
_ARABIC = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_TOKEN = re.compile(rf"{_ARABIC}|[{_KANJI}]")

_KA = "[かカヵケヶ箇個]"
_COUNTERS = (
    rf"{_KA}(?:月間?|所|国|年|条|村|店|社|寺|町|点|品|目)|年[度間]?|月|週間?|日間?|時間?|分間?|秒間?|泊|円|銭|ドル|ユーロ|人|名|"
    r"回|件|個|台|条|項|号|章|節|編|款|枚|本|冊|巻|階|歳|才|割|分|厘|点|位|度|倍|%|パーセント|ページ|頁|部|社|校|番|等|級|種|区|"
    r"丁目|坪|畳|桁|文字|字|通|箱|便|戸|棟|世帯|口|株|票|席|室|頭|匹|羽|着|足|隻|機|両|軒|歩|つ|キロ|メートル|グラム|リットル|"
    r"(?:[kcm]?m|[km]?g|m?l|[kmgt]?b)(?![a-z])"
)
_NUMBER = re.compile(
    rf"(?P<ordinal>第)?(?P<value>(?:{_ARABIC}|[{_KANJI}])+)(?P<unit>{_COUNTERS})?(?P<part>\.[0-9])?",
)
_UNIT_FORMS = {"才": "歳", "頁": "ページ", "パーセント": "%", "名": "人"}


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

    A single 漢数字 counts only with a counter or 第, because 一 and its like are part of many words. Numbers of
    sections (1.2.3) are none.
    """
    return [number for match in _NUMBER.finditer(text) if (number := _read(match)) is not None]


def _read(match: re.Match[str]) -> Number | None:
    written, unit = match["value"], match["unit"] or ""
    bare = not unit and not match["ordinal"]
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
    total = section = Decimal(0)
    digits = ""
    for token in _TOKEN.findall(written):
        if token in SMALL_UNITS:
            section += (Decimal(digits) if digits else 1) * SMALL_UNITS[token]
            digits = ""
        elif token in LARGE_UNITS:
            section += Decimal(digits) if digits else 0
            total += (section or 1) * LARGE_UNITS[token]
            section, digits = Decimal(0), ""
        else:
            digits += str(DIGITS.get(token, token)).replace(",", "")
            if digits.count(".") > 1:
                return None
    if set(written) <= {"〇", "零"} and len(written) > 1:  # 〇〇 stands for something left open
        return None
    value = format(total + section + (Decimal(digits) if digits else 0), "f")
    return value.rstrip("0").rstrip(".") if "." in value else value

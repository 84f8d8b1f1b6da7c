"""What kind of answer a Japanese question asks for, and where in a text there is one of that kind.

Japanese leaves the question word in its place, the counter behind it: 何キログラム asks for a mass, いくら for a sum of
money, いつ for a time. A span without anything of the kind is hardly the answer, however well it looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.text.normalization import fold
from rag.text.numbers import find_numbers

UNITS = {
    "money": "円 銭 ドル セント ユーロ ポンド 元 両 文",
    "time": "年 か月 カ月 ヶ月 ヵ月 ケ月 箇月 月 週 日 時間 分 秒 泊 世紀 曜 晩",
    "clock": "時",
    "people": "人 名 世帯",
    "ratio": "% パー 割 厘 倍",
    "temperature": "度 c °c",
    "mass": "kg g mg キログラム グラム トン キロ t 貫",
    "length": "km m cm mm メートル キロ センチ ミリ 里 海里 尺 寸 間 町 マイル フィート インチ",
    "area": "平方 坪 ヘクタール ha km2 m2 cm2 畳 町歩 アール エーカー",
    "volume": "l ml リットル ミリリットル 立方 cc m3 石 升",
    "pressure": "kpa mpa pa hpa パスカル 気圧 ヘクトパスカル",
    "data": "b kb mb gb tb kbps mbps gbps バイト ビット キロバイト メガ ギガ テラ",
    "age": "歳 才",
}
"""Units of each kind of quantity, folded. Every other counter (個, 台, 回) counts things."""
TIME = frozenset({"time", "clock"})
COUNT, BARE = "count", "bare"
"""Kinds of a number with a counter not listed, and of one without any."""

_WRITTEN = sorted({unit for units in UNITS.values() for unit in units.split()}, key=len, reverse=True)
_KINDS = {unit: frozenset(kind for kind, units in UNITS.items() if unit in units.split()) for unit in _WRITTEN}
_UNIT = re.compile(
    rf"\s*(?:余り?|数|米|香港|豪|台湾|カナダ)?({'|'.join(unit + '(?![a-z])' * unit.isascii() for unit in _WRITTEN)})"
)
_LETTER = re.compile(r"\s*[^\W\d_ぁ-ゖ]")
_COUNTERS = (
    "回|件|個|台|本|枚|冊|巻|階|点|位|番|通|箱|便|戸|棟|か所|カ所|ヶ所|ヵ所|箇所|種類|文字|ページ|つ|歩|頭|匹|羽|着|足|隻|機|"
    "席|室|票|桁|品|章|条|項|号室?|行|題|問|社(?!会)|校|段|期生?|代目?|勝|敗|戦|話|曲"
)
_COUNTED = re.compile(f"(?:何|なん)(?={_UNIT.pattern}|{_COUNTERS})")
_MONEY = re.compile("(?<![幅さ力量数度率]は)いくら(?!か)")
_AMOUNT = re.compile("(?:どれ|どの)(?:くらい|ぐらい|ほど|程度?|だけ|位)|いくつ(?![かもく])|幾つ|幾ら|は(?=いくら)")
_LASTING = re.compile(r"(?:の(?:期間|間|時間)|前|後|たて?ば|で(?:元|使))")
_WHEN = re.compile("いつ(?!も)")
_NAMED = re.compile("誰|だれ|どなた|どこ|何処|なぜ|何故|どうして|何(?:の|に)ため")
_MOMENT = re.compile(
    "[春夏秋冬朝昼夕夜晩頃末毎]|[前後初翌昨]|時[代期点]|とき|ころ|際|[年月日週時]|曜|世紀|今|現在|すぐ|直ち|中|まで|以[降前]|期|時"
)
_WORDED = re.compile("半[年月日額分数]|全[額員部]|同[額数]|無[料期制]|正午|深夜|未明|夕方|早朝|夜中")


@dataclass(frozen=True, slots=True)
class AnswerType:
    """What an answer has to hold; `kinds` of quantity, any when empty.

    `form`: "quantity" has to hold one, "moment" a quantity of time or a word for a time, "name" more than a quantity.
    """

    form: Literal["quantity", "moment", "name"]
    kinds: frozenset[str] = frozenset()


def find_answer_type(question: str) -> AnswerType | None:
    """Read what a question asks for; None where it leaves the kind of its answer open."""
    text = fold(question).text
    found: list[tuple[int, AnswerType]] = []
    if match := _WHEN.search(text):
        found.append((match.start(), AnswerType("moment")))
    found.extend(
        (match.start(), AnswerType("quantity", _read_kinds(text, match.end()))) for match in _COUNTED.finditer(text)
    )
    if match := _MONEY.search(text):
        found.append((match.start(), AnswerType("quantity", frozenset({"money", "ratio"}))))
    if match := _AMOUNT.search(text):
        kinds = TIME if _LASTING.match(text, match.end()) else frozenset()
        found.append((match.start(), AnswerType("quantity", kinds)))
    if match := _NAMED.search(text):
        found.append((match.start(), AnswerType("name")))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _read_kinds(text: str, place: int) -> frozenset[str]:
    """Kinds of quantity whose unit stands at `place`."""
    if unit := _UNIT.match(text, place):
        return _KINDS[unit[1]]
    return frozenset({COUNT if _LETTER.match(text, place) else BARE})


def find_quantities(text: str) -> list[tuple[int, int, frozenset[str]]]:
    """Find the quantities of a text: where each starts and ends, and what kinds it may be."""
    mapped = fold(text)
    found = []
    for number in find_numbers(mapped.text):
        unit = _UNIT.match(mapped.text, number.unit_start)
        end = max(number.end, unit.end() if unit else 0)
        found.append((*mapped.to_source(number.start, end), _read_kinds(mapped.text, number.unit_start)))
    return found


def measure_fit(wanted: AnswerType, text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each span of a text whether it can be an answer of this type. Shape of all arrays: (spans,)."""
    quantities = find_quantities(text)
    if wanted.form == "name":
        return ~_lie_within(starts, ends, [(start, end) for start, end, _ in quantities])
    kinds = TIME if wanted.form == "moment" else wanted.kinds
    anything = not kinds or COUNT in kinds
    fitting = [(start, end) for start, end, found in quantities if anything or found & (kinds | {BARE})]
    words = [match.span() for match in (_MOMENT if wanted.form == "moment" else _WORDED).finditer(text)]
    return _hold(starts, ends, fitting + words)


def _hold(starts: NDArray[np.int64], ends: NDArray[np.int64], places: list[tuple[int, int]]) -> NDArray[np.bool_]:
    """Whether each span holds one of the places whole."""
    nearest = np.full(int(ends.max(initial=0)) + 2, np.iinfo(np.int64).max)
    for start, end in places:
        if start < len(nearest):
            nearest[start] = min(nearest[start], end)
    nearest = np.minimum.accumulate(nearest[::-1])[::-1]
    return np.asarray(nearest[starts] <= ends)


def _lie_within(starts: NDArray[np.int64], ends: NDArray[np.int64], places: list[tuple[int, int]]) -> NDArray[np.bool_]:
    """Whether each span lies in one of the places."""
    reach = np.zeros(int(ends.max(initial=0)) + 2, dtype=np.int64)
    for start, end in places:
        reach[start:end] = end
    return np.asarray(reach[starts] >= ends)

"""What can be asked for in a part of a clause, and the words that ask for it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.evaluation.own.clauses import LIGHT_NAMES, Part
from rag.evaluation.own.everyday import QUANTITIES
from rag.evaluation.own.phrases import Phrase
from rag.text.normalization import fold
from rag.text.numbers import find_numbers

ANSWER = 60
"""Longest answer, in characters."""
UNIT = 4
"""Longest word after a number that is taken for its counter."""
PLAIN_NAME = 0.3
"""Chance of a name of one common word to be asked for."""
WITH_MODIFIERS = 0.5
"""Chance that a name is also asked for together with what describes it."""

_DIGITS = "[0-9元〇一二三四五六七八九十]+"
DATE = re.compile(rf"(?:(?:明治|大正|昭和|平成|令和|西暦)?{_DIGITS}年度?)?(?:{_DIGITS}月)?(?:{_DIGITS}日)?(?:頃|ごろ)?")
_YEARS = re.compile("[0-9一二三四五六七八九十]{1,2}年")
"""So many years, or a year of an era that is not named."""
_KANJI = re.compile("[一-龠]")
BOUND = re.compile("(?:以上|以下|以内|未満|以降|以後|以前|超|程度|前後|間|まで|目|分の)+$")
PEOPLE = ("者", "人", "員", "長", "大臣", "知事", "氏", "さん", "王", "天皇", "将軍", "官", "師", "家")
BODIES = (
    "会社",
    "委員会",
    "大学",
    "協会",
    "銀行",
    "裁判所",
    "学校",
    "機関",
    "団体",
    "法人",
    "神社",
    "省",
    "庁",
    "党",
    "局",
    "部",
    "寺",
)
PLACES = (*"都道府県市区町村国駅島山川城館所場", "地方", "地域")
TIMES = ("時代", "年代", "世紀", "時期", "年間", "初期", "末期", "後期", "前期", "中期")
CASES = ("場合", "とき", "際")
PLACE_PARTICLES = frozenset({"に", "で", "へ", "から", "まで", "において", "では", "には"})
PRONOUNS = frozenset(
    "これ それ あれ ここ そこ 彼 彼女 同 前項 次 上 下 左 右 以下 以上 上記 前記".split()  # noqa: SIM905
)

THING, PERSON, PLACE = ("何", "何", "何", "なに"), ("誰", "誰", "だれ", "どのような人"), ("どこ", "どこ", "どの場所")
CASE = ("どのような場合に", "どんなときに", "どういう場合に", "どのようなときに")
MONEY = frozenset({"円", "ドル", "ユーロ"})


@dataclass(frozen=True, slots=True)
class Gap:
    """What is asked for: `start:end` of the sentence, and the words that ask for it in place of its part.

    `drops_particle`: they stand without the particle (いつ for 五月に).
    """

    start: int
    end: int
    words: str
    drops_particle: bool = False
    keeps: tuple[Phrase, ...] = ()


def find_gaps(sentence: str, part: Part, chooser: random.Random) -> Iterator[Gap]:
    """Find what can be asked for in one part of a clause."""
    head = part.head
    if not head.nominal:
        return
    start, end = head.morphemes[0].start, head.morphemes[head.nominal - 1].end
    name = sentence[start:end]
    if part.tail in ("の", "な") or head.name in PRONOUNS:
        return
    first = part.phrases[0].morphemes[0].start
    if head.name.endswith(CASES):
        if len(part.phrases) > 1 and end - first <= ANSWER and part.tail in ("", "に", "は", "には", "において"):
            yield Gap(first, end, chooser.choice(CASE), drops_particle=True)
        return
    if head.name in LIGHT_NAMES:
        return
    yield from _ask_for(name, start, end, part, chooser)
    described = len(part.phrases) > 1 and part.phrases[0].nominal and not BOUND.search(name)
    if described and end - first <= ANSWER and chooser.random() < WITH_MODIFIERS:
        yield Gap(first, end, chooser.choice(PERSON) if name.endswith(PEOPLE) or _is_person(head) else "何")


def _ask_for(name: str, start: int, end: int, part: Part, chooser: random.Random) -> Iterator[Gap]:
    head = part.head
    folded = fold(name).text
    if any(character.isdigit() for character in folded) or find_numbers(folded):
        yield from _ask_for_number(name, start, end, part, chooser)
        return
    kinds = [morpheme.subsubpos for morpheme in head.morphemes[: head.nominal]]
    if name.endswith(TIMES):
        yield Gap(start, end, "いつ", drops_particle=part.tail in ("に", "には"))
    elif _is_person(head) or name.endswith(PEOPLE):
        keeps = _find_modifiers(part) if chooser.random() < PLAIN_NAME else ()
        yield Gap(start, end, chooser.choice(PERSON), keeps=keeps)
    elif kinds[-1] == "地名" or (name.endswith(PLACES) and part.tail in PLACE_PARTICLES):
        yield Gap(start, end, chooser.choice(PLACE))
    elif name.endswith(BODIES):
        body = next(each for each in BODIES if name.endswith(each))
        named = (f"何という{body}", f"どの{body}") if len(body) > 1 else ()
        words = ("何", *named) if part.tail == "を" else ("どこ", "何", *named)
        yield Gap(start, end, chooser.choice(words))
    elif len(name) > 1 and not _is_plain(head, chooser):
        yield Gap(start, end, chooser.choice(THING))


def _find_modifiers(part: Part) -> tuple[Phrase, ...]:
    return part.phrases[: part.phrases.index(part.head)]


def _is_person(head: Phrase) -> bool:
    """Tell whether a name is that of a person, 氏 or さん behind it or not."""
    kinds = [morpheme.subsubpos for morpheme in head.morphemes[: head.nominal]]
    return kinds[-1] == "人名" or (kinds[-2:-1] == ["人名"] and head.morphemes[head.nominal - 1].pos == "接尾辞")


def _is_plain(head: Phrase, chooser: random.Random) -> bool:
    """Tell whether a name is too common to be asked for this time."""
    words = head.morphemes[: head.nominal]
    if words[0].subsubpos == "副詞可能" or words[0].pos in ("代名詞", "形状詞"):
        return True
    return len(words) == 1 and words[0].subpos == "普通名詞" and words[0].known and chooser.random() > PLAIN_NAME


def _ask_for_number(name: str, start: int, end: int, part: Part, chooser: random.Random) -> Iterator[Gap]:
    modifiers = _find_modifiers(part)
    folded = fold(name)
    if DATE.fullmatch(folded.text):
        years = _YEARS.fullmatch(folded.text) or ("年" in folded.text and chooser.random() < 0.4)
        words = "何年" if years else "いつ"
        yield Gap(start, end, words, drops_particle=words == "いつ")
        return
    numbers = find_numbers(folded.text)
    if len(numbers) != 1:
        return
    number = numbers[0]
    first, value_end = folded.to_source(number.start, number.unit_start)
    last = folded.to_source(number.start, number.end)[1]
    before, unit, after = name[:first], name[value_end:last], name[last:]
    if _KANJI.search(before) and _KANJI.match(name[first:]) and not before.endswith("第"):  # 赤十字
        return
    if after.startswith("半"):
        last, after = last + 1, after[1:]
    if before.endswith("第"):
        first, before, asked = first - 1, before[:-1], f"第何{unit}"
    elif unit in MONEY:
        asked = chooser.choice(("いくら", f"何{unit}", chooser.choice(QUANTITIES)))
    elif unit:  # 何日以内に, not どれくらい以内に
        vague = () if part.tail or after else (chooser.choice(QUANTITIES),)
        asked = chooser.choice((f"何{unit}", *vague))
    elif not after:
        asked = "いくつ"
    elif len(after) <= UNIT:
        last, asked, after = len(name), f"何{after}", ""
    else:
        return
    bound = BOUND.match(after)
    if bound and chooser.random() < 0.5:
        last += bound.end()
        after = after if part.tail else chooser.choice((after, after[bound.end() :]))
    yield Gap(start + first, start + last, before + asked + after, keeps=modifiers)

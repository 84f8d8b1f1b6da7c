"""Mentions of provisions as they are written: 第三条第二項, 前項, 同条第一号イ, 附則第二条, 別表第一."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.articles import NUMERAL
from rag.text.markers import IROHA, read_branched
from rag.text.provisions import Kind

RANKS: dict[Kind, int] = {
    "附則": 0,
    "別表": 0,
    "様式": 0,
    "編": 1,
    "章": 2,
    "節": 3,
    "款": 4,
    "目": 5,
    "条": 6,
    "項": 7,
    "号": 8,
    "細分": 9,
}
EVERY = "各"
_BRANCH = rf"(?:の{NUMERAL}(?![つ人名者回日月年点種割円個件枚週時分歳か箇カヶ倍%％万億]))*"
_WORD = "(?:条(?![件例約文理])|項(?!目)|号(?![館棟室車機線議被俸紙炉外])|[編章節款目](?![的標]))"
UNIT = re.compile(
    rf"(?P<supplement>附則)|別表(?:第?(?P<table>{NUMERAL}{_BRANCH}))?|"
    rf"(?:別記)?様式第?(?P<form>{NUMERAL}{_BRANCH})号?|第(?P<numbered>{NUMERAL})号様式(?P<part>{_BRANCH})|"
    rf"第(?P<number>{NUMERAL})(?P<kind>{_WORD})(?P<branch>{_BRANCH})|"
    rf"(?P<relation>この|[前次本同])(?P<count>{NUMERAL}|各)?(?P<related>{_WORD})|(?P<every>各号)|"
    rf"(?:(?<=[号項条])|(?<=又は)|(?<=及び)|(?<=、))(?P<kana>[{IROHA}])(?=[ぁ-ん、。，（）()「」又及若並]|$)"
)
CONNECTORS = frozenset(
    ("及び", "又は", "若しくは", "並びに", "、", "，", "・", "と", "から", "および", "または", "もしくは", "ならびに")
) | {"、及び", "、又は", "、若しくは", "、並びに"}
THROUGH = frozenset(("から", "〜", "～", "―", "－", "-", "–", "—"))
KANJI_BEFORE = re.compile("[\u4e00-\u9fff々](?<!中)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One step of a mention: absolute with a number, or `relation` 前, 次, 本, 同, 各 with how many are meant.

    `count` is 0 for all of them (前各号).
    """

    kind: Kind
    number: str = ""
    relation: str = ""
    count: int = 1

    def write(self) -> str:
        """Write an absolute unit."""
        if self.kind in ("別表", "様式"):
            return f"{self.kind}第{self.number}" if self.number else self.kind
        if not self.number or self.kind == "細分":
            return self.number or self.kind
        main, *branches = self.number.split("の")
        return "の".join((f"第{main}{self.kind}", *branches))


@dataclass(frozen=True, slots=True)
class Mention:
    """Units from the outermost on that are written without anything between them."""

    start: int
    end: int
    units: tuple[Unit, ...]


def find_mentions(text: str, start: int, end: int) -> Iterator[Mention]:
    """Find the mentions between two places of a text, in order."""
    units: list[Unit] = []
    begin = position = start
    for match in UNIT.finditer(text, start, end):
        unit = _read_unit(match)
        if unit is None:
            continue
        gap = text[position : match.start()]
        joined = not gap or (gap == "の" and unit.relation == EVERY)
        if units and joined and RANKS[unit.kind] > RANKS[units[-1].kind]:
            units.append(unit)
        else:
            if units:
                yield Mention(begin, position, tuple(units))
            units, begin = [unit], match.start()
        position = match.end()
    if units:
        yield Mention(begin, position, tuple(units))


def is_number_of_something_else(text: str, mention: Mention) -> bool:
    """Tell 法律第49号 and 文書番号第3号: the number of an item follows no noun."""
    first = mention.units[0]
    before = text[max(0, mention.start - 1) : mention.start]
    return first.kind == "号" and not first.relation and bool(KANJI_BEFORE.match(before))


def _read_unit(match: re.Match[str]) -> Unit | None:
    group = match.groupdict()
    if group["supplement"]:
        return Unit("附則")
    if group["every"]:
        return Unit("号", relation=EVERY, count=0)
    if group["kana"]:
        return Unit("細分", group["kana"])
    if group["relation"]:
        kind: Kind = group["related"]  # type: ignore[assignment]
        relation = "本" if group["relation"] == "この" else group["relation"]
        count = 1
        if group["count"]:
            number = read_branched(group["count"]) if group["count"] != EVERY else "0"
            if relation != "前" or number is None:
                return None
            count = int(number)
        return Unit(kind, relation=relation, count=count)
    if group["number"]:
        kind = group["kind"]  # type: ignore[assignment]
        return _number(kind, group["number"] + group["branch"])
    if group["form"] or group["numbered"]:
        return _number("様式", group["form"] or group["numbered"] + group["part"])
    return _number("別表", group["table"]) if group["table"] else Unit("別表")


def _number(kind: Kind, written: str) -> Unit | None:
    number = read_branched(written)
    return None if number is None else Unit(kind, number)

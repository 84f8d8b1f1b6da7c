"""Heads of the provisions of statutes and rules: 第2章 総則, 第三条の二（見出し）, 附則, 別表第一, 様式第1号."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.text.articles import CAPTION, DIVISION, LINE, NUMERAL, ends_in_page_number, measure_indentation
from rag.text.markers import read_branched
from rag.text.quotations import find_quotations, holds_offset, merge_spans

HeadKind = Literal["編", "章", "節", "款", "目", "条", "附則", "別表", "様式"]
APPENDICES = frozenset({"附則", "別表", "様式"})
APPENDIX_LENGTH = 80
"""Longest line, in characters, that heads an appendix."""
SHORT = 40
"""An article whose text is no longer than this and no sentence may be a line of a table of contents."""

_BRANCHED = rf"{NUMERAL}(?:の{NUMERAL})*"
MARKUP = re.compile(r"(?:#{1,6}[ \t]+)?(?:\*\*|__)?")
ARTICLE_HEAD = re.compile(
    rf"第(?P<main>{NUMERAL})条(?P<branch>(?:の{NUMERAL})*)"
    r"(?P<caption>[\s　]*[（(][^（）()\n]{1,40}[）)])?(?:\*\*|__)?(?P<gap>[\s　]*)"
)
MENTION = re.compile(
    r"[のにをはがとへでもや、。，．及又若並中各]|から|まで|第[0-9０-９〇一二三四五六七八九十百千]+[項号条]|本文|ただし書|前段|後段"
)
SPACED_MENTION = re.compile("[のを、。，．]")
"""How a line goes on after 第3条（…） where that is a mention in a broken line, without a space and with."""
APPENDIX_HEAD = re.compile(
    rf"(?:(?P<supplement>附[\s　]*則)|(?:別記[\s　]*)?(?:様式[\s　]*(?:第[\s　]*)?(?P<form>{_BRANCHED})[\s　]*号?"
    rf"|第(?P<numbered>{_BRANCHED})号様式)(?:の(?P<part>{NUMERAL}))?|"
    rf"別表[\s　]*(?:(?:第[\s　]*)?(?P<table>{_BRANCHED}))?)(?:\*\*|__)?(?=[\s　（(:：]|$)[^\n。]*$"
)
CONTENTS_RANGE = re.compile(rf"[（(](?:[^（）()\w]*第{NUMERAL}条(?:の{NUMERAL})*)+[）)]$")
CONTENTS_TITLE = re.compile(r"(?:#{1,6}[ \t]+)?[【\[]?目[\s　]*次[】\]]?$")
INSERTION = re.compile(r"次の(?:ように改め|[^。「」]{1,40}を加え)る。?$")
INSTRUCTION = re.compile(r"(?:に改め|を加え|を削|のように改正す|とす)る。?$|中「|を削り、|に改め、")
NAMED = re.compile(rf"第{NUMERAL}条(?:の{NUMERAL})*")


@dataclass(frozen=True, slots=True)
class Head:
    """A head: its provision begins at `start` (with the caption above it), what it says at `body`.

    `mark` is where the head itself begins, `stop` where its line ends; `filled` says whether text follows it.
    """

    kind: HeadKind
    number: str
    start: int
    mark: int
    body: int
    stop: int
    label: str
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of a text in order, and the stretches that are no provisions of its own: quotations, amendments."""

    heads: tuple[Head, ...]
    foreign: tuple[tuple[int, int], ...]


def find_heads(text: str) -> Heads:
    """Find the heads of a text, without its table of contents, quotations and what it puts into other texts."""
    quotes = find_quotations(text)
    scan = _Scan(text, quotes)
    heads = _without_contents(text, scan.run())
    return Heads(tuple(_without_mentions(heads)), tuple(merge_spans(sorted((*quotes, *scan.insertions)))))


def order_of(number: str) -> tuple[int, ...]:
    """Return what numbers with branches are sorted by: 3, 3の2, 4."""
    return tuple(int(part) for part in number.split("の"))


class _Scan:
    """One pass over the lines of a text."""

    def __init__(self, text: str, quotes: Sequence[tuple[int, int]]) -> None:
        self.text = text
        self.quotes = quotes
        self.insertions: list[tuple[int, int]] = []
        self._named: str | None = None
        self._inserted_from: int | None = None
        self._last: tuple[int, ...] = (0,)

    def run(self) -> list[Head]:
        """Read the heads, those of a table of contents among them."""
        heads: list[Head] = []
        caption: re.Match[str] | None = None
        for line in LINE.finditer(self.text):
            content = line.group().strip()
            if not content or holds_offset(self.quotes, line.start()):
                continue
            head = _read_head(line, caption)
            caption = line if head is None and CAPTION.match(MARKUP.sub("", content, count=1)) else None
            if head is not None and self._belongs(head):
                heads.append(head)
                self._last = order_of(head.number) if head.kind == "条" else self._last
            self._follow_amendment(line, content)
        if self._inserted_from is not None:
            self.insertions.append((self._inserted_from, len(self.text)))
        return heads

    def _belongs(self, head: Head) -> bool:
        """Whether a head is the text's own: none is that an amendment puts into another text."""
        if self._inserted_from is None:
            return True
        follows = head.kind == "条" and order_of(head.number)[0] == self._last[0] + 1 and head.number != self._named
        if head.kind == "附則" or follows:
            self.insertions.append((self._inserted_from, head.start))
            self._inserted_from = None
            return True
        return False

    def _follow_amendment(self, line: re.Match[str], content: str) -> None:
        if self._inserted_from is not None and INSTRUCTION.search(content):
            self.insertions.append((self._inserted_from, line.start()))
            self._inserted_from = None
        if INSERTION.search(content):
            named = NAMED.findall(content)
            self._named = None if not named else read_branched(named[-1].replace("第", "").replace("条", ""))
            self._inserted_from = line.end()


def _read_head(line: re.Match[str], caption: re.Match[str] | None) -> Head | None:
    """Read the head a line begins with."""
    content = line.group()
    indentation = len(content) - len(content.lstrip())
    markup = MARKUP.match(content.strip())
    start = line.start() + indentation
    mark = start + (markup.end() if markup else 0)
    content = content.strip()[markup.end() if markup else 0 :]
    if content[:1] not in "第附別様" or ends_in_page_number(content):
        return None
    stop = mark + len(content)
    content = content.rstrip("*_")
    found = _read_appendix(content) or _read_division(content)
    if found is not None:
        kind, number = found
        return Head(kind, number, start, mark, stop, stop, " ".join(content.split()))
    return _read_article(content, start, mark, stop, caption)


def _read_article(content: str, start: int, mark: int, stop: int, caption: re.Match[str] | None) -> Head | None:
    match = ARTICLE_HEAD.match(content)
    number = None if match is None else read_branched(match["main"] + match["branch"])
    if match is None or number is None:
        return None
    rest = content[match.end() :]
    is_mention = SPACED_MENTION if match["gap"] else MENTION
    if rest and (is_mention.match(rest) or not (match["gap"] or match["caption"])):
        return None
    label = " ".join(content[: match.end()].replace("**", "").split())
    if caption is not None and match["caption"] is None:
        label, start = label + caption.group().strip(), caption.start() + measure_indentation(caption.group())
    return Head("条", number, start, mark, mark + match.end(), stop, label)


def _read_appendix(content: str) -> tuple[HeadKind, str] | None:
    match = APPENDIX_HEAD.match(content)
    if match is None or len(content) > APPENDIX_LENGTH:
        return None
    if match["supplement"] is not None:
        return "附則", ""
    form = match["form"] or match["numbered"]
    if form is not None:
        number = read_branched(form + (f"の{match['part']}" if match["part"] else ""))
        return None if number is None else ("様式", number)
    return "別表", (read_branched(match["table"]) or "") if match["table"] else ""


def _read_division(content: str) -> tuple[HeadKind, str] | None:
    match = DIVISION.match(content)
    if match is None or len(match["title"]) > SHORT or CONTENTS_RANGE.search(content):
        return None
    unit: HeadKind = match["unit"]  # type: ignore[assignment]
    written = re.sub(rf"第|{unit}", "", content[: match.start("title")].strip(" 　\t:："))
    number = read_branched(written)
    return None if number is None else (unit, number)


def _without_contents(text: str, heads: Sequence[Head]) -> list[Head]:
    """Leave out the lines of a table of contents: heads with no text between them that come again further down."""
    titled = _find_contents_titles(text)
    heads = [
        replace(head, filled=_is_filled(text, head, end)) for head, end in zip(heads, _ends(heads, text), strict=True)
    ]
    keys = [(head.kind, head.number, re.sub(r"[\s　]|[0-9０-９]+$", "", text[head.mark : head.stop])) for head in heads]
    last = {key: index for index, key in enumerate(keys)}
    kept: list[Head] = []
    first = 0
    while first < len(heads):
        stop = first
        while stop < len(heads) - 1 and not heads[stop].filled and keys[stop + 1] != keys[first]:
            stop += 1
        announced = bisect_left(titled, heads[first].mark) > bisect_left(titled, heads[first - 1].mark if first else 0)
        begins_again = stop + 1 < len(heads) and keys[stop + 1] == keys[first] and not heads[stop].filled
        is_contents = announced or begins_again or (stop - first >= 3 and last[keys[first]] > stop)
        kept += [heads[index] for index in range(first, stop + 1) if not (is_contents and last[keys[index]] > stop)]
        first = stop + 1
    return kept


def _find_contents_titles(text: str) -> list[int]:
    return [line.start() for line in LINE.finditer(text) if CONTENTS_TITLE.match(line.group().strip())]


def _ends(heads: Sequence[Head], text: str) -> Iterator[int]:
    yield from (head.start for head in heads[1:])
    if heads:
        yield len(text)


def _is_filled(text: str, head: Head, end: int) -> bool:
    inline = text[head.body : head.stop].strip()
    return bool(text[head.stop : end].strip()) or len(inline) > SHORT or "。" in inline


def _without_mentions(heads: Sequence[Head]) -> Iterator[Head]:
    """Leave out articles out of order: mentions at the head of a broken line.

    Of the articles between two appendices, or from one 第1条 to the next, the longest ascending row stays.
    """
    groups: list[list[int]] = [[]]
    for index, head in enumerate(heads):
        if head.kind in APPENDICES:
            groups.append([])
        elif head.kind == "条":
            if head.number == "1" and groups[-1]:
                groups.append([])
            groups[-1].append(index)
    row = {
        index for group in groups for index in _longest_row([order_of(heads[index].number) for index in group], group)
    }
    return (head for index, head in enumerate(heads) if head.kind != "条" or index in row)


def _longest_row(orders: Sequence[tuple[int, ...]], indices: Sequence[int]) -> list[int]:
    """Return the indices of a longest strictly ascending row."""
    tails: list[tuple[int, ...]] = []
    tail_places: list[int] = []
    before: list[int] = []
    for place, order in enumerate(orders):
        length = bisect_left(tails, order)
        before.append(tail_places[length - 1] if length else -1)
        tails[length : length + 1] = [order]
        tail_places[length : length + 1] = [place]
    row: list[int] = []
    place = tail_places[-1] if tail_places else -1
    while place >= 0:
        row.append(indices[place])
        place = before[place]
    return row

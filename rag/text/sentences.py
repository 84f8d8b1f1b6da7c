"""Sentences of Japanese text, as spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rag.text.articles import starts_heading

QUOTE_LIMIT = 120
"""Longest bracketed stretch, in characters, that is kept whole whatever it holds."""
WRAPPED_LINE = 15
"""Shortest line, in characters, that may be one of a paragraph broken into lines."""
FILLED = 0.8
"""A broken line is at least this share of the longest line around it."""

BRACKETS = {
    "」": "「",
    "』": "『",
    "）": "（",
    ")": "(",
    "】": "【",
    "〕": "〔",
    "］": "［",
    "]": "[",
    "｣": "｢",
    "”": "“",
}
OPENING = frozenset(BRACKETS.values())
TERMINATORS = frozenset("。．｡！？!?.")
MARKS = re.compile("[" + re.escape("".join(sorted(OPENING | BRACKETS.keys() | TERMINATORS))) + "]")
BULLET = re.compile(
    r"[・●○■□◆◇▶※＊*\-–—•➤→]|[①-⑳㋐-㋾ⓐ-ⓩ]|#{1,6}[\s　]|"
    r"[（(]?(?:[0-9０-９]{1,3}|[一二三四五六七八九十]{1,3}|[ア-ンa-zA-Z])[）)．.、:：\s　]"
)
ENDING = frozenset("。．｡！？!?」』）)】〕:：;；")
ROW = re.compile(r"\t|[|｜]|\s{3,}")
ABBREVIATION = re.compile(r"(?:\b[A-Za-z]|\b(?:No|Mr|Mrs|Ms|Dr|vs|etc|Fig|Vol|pp?|Inc|Ltd|Co))$")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split a text into sentences.

    Ends are 。！？ and their like outside brackets, and line ends that end a heading, a list item, a table row or a
    paragraph; a line end in the middle of a sentence, as in text taken from PDF, is none.

    Returns:
        Spans in code points: ascending, disjoint, without outer white space. Every character that is not white
        space lies in exactly one.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _iterate_blocks(text):
        cuts = [start, *_find_ends(text, start, end), end]
        for first, last in pairwise(cuts):
            piece = text[first:last]
            stripped = piece.strip()
            if stripped:
                begin = first + len(piece) - len(piece.lstrip())
                spans.append((begin, begin + len(stripped)))
    return spans


def _iterate_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together."""
    paragraph: list[tuple[int, int]] = []
    for match in re.finditer(r"[^\n]*\n?", text):
        start, end = match.span()
        if start == end:
            break
        if match.group().isspace():
            yield from _join_lines(text, paragraph)
            paragraph = []
        else:
            paragraph.append((start, end))
    yield from _join_lines(text, paragraph)


def _join_lines(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not lines:
        return
    contents = [text[start:end].rstrip() for start, end in lines]
    width = max(len(content) for content in contents)
    begin = lines[0][0]
    for number in range(1, len(lines)):
        if not _continues(contents[number - 1], contents[number], width):
            yield begin, lines[number][0]
            begin = lines[number][0]
    yield begin, lines[-1][1]


def _continues(line: str, following: str, width: int) -> bool:
    """Whether a line end stands in the middle of a sentence."""
    if len(line) < max(WRAPPED_LINE, FILLED * width) or line[-1] in ENDING:
        return False
    if following[0] in " 　\t" or ROW.search(line.strip()) or ROW.search(following.strip()):
        return False
    return not (starts_heading(line) or starts_heading(following) or BULLET.match(following))


def _find_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets after the sentence ends of one block."""
    marks = list(MARKS.finditer(text, start, end))
    closings = _pair_brackets(text, marks)
    position, index = start, 0
    while index < len(marks):
        mark = marks[index].start()
        index += 1
        if mark < position:
            continue
        character = text[mark]
        if character in OPENING:
            closing = closings.get(mark)
            if closing is None:
                continue
            position = closing + 1
            if text[closing - 1] in TERMINATORS and position < end and text[position] in OPENING:
                yield position
        elif character in TERMINATORS:
            position = _pass_closings(text, mark + 1, end)
            if _terminates(text, mark, position, end):
                yield position


def _pair_brackets(text: str, marks: list[re.Match[str]]) -> dict[int, int]:
    """Closing bracket of each opening one, where they pair within `QUOTE_LIMIT` characters."""
    open_at: list[int] = []
    pairs: dict[int, int] = {}
    for match in marks:
        mark, character = match.start(), match.group()
        if character in OPENING:
            open_at.append(mark)
        elif character in BRACKETS:
            while open_at and mark - open_at[-1] > QUOTE_LIMIT:
                open_at.pop()
            for depth in range(len(open_at) - 1, max(-1, len(open_at) - 8), -1):
                if text[open_at[depth]] == BRACKETS[character]:
                    pairs[open_at[depth]] = mark
                    del open_at[depth:]
                    break
    return pairs


def _pass_closings(text: str, position: int, end: int) -> int:
    while position < end and (text[position] in TERMINATORS or text[position] in BRACKETS):
        position += 1
    return position


def _terminates(text: str, mark: int, after: int, end: int) -> bool:
    """Whether the punctuation at `mark` ends a sentence; full stops of numbers and abbreviations do not."""
    if text[mark] not in ".．":
        return True
    before, following = text[mark - 1 : mark], text[after : after + 1]
    if text[mark] == "．":
        return not (before.isdecimal() and following.isdecimal())
    if after < end and not following.isspace():
        return False
    if before.isdecimal() and text[max(0, mark - 3) : mark].strip().isdecimal():
        return after >= end
    return not ABBREVIATION.search(text, max(0, mark - 5), mark)

"""Paragraphs and items inside an article: 項 (２, ②, the first without a number), 号 (一, (1)), イロハ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.text.articles import CAPTION, LINE
from rag.text.markers import Marker, read_markers
from rag.text.quotations import holds_offset
from rag.text.sentences import ENDING, ROW

PieceKind = Literal["項", "号", "細分"]
PARAGRAPH_STYLES = frozenset({"full", "half", "circle"})
ITEM_STYLES = frozenset({"full", "half", "circle", "kanji", "bracket", "bracket_kanji"})
BULLET = re.compile(r"[-*+] +")
CLOSING_WORDS = re.compile(r"ただし|この場合|この限り|なお|前各号|前項")
"""How the text of a paragraph goes on below its items."""


@dataclass(slots=True)
class Piece:
    """A paragraph or an item; `depth` is 0 for paragraphs, 1 for their items and so on."""

    kind: PieceKind
    number: str
    depth: int
    start: int
    label: str
    end: int = -1


@dataclass(slots=True)
class _List:
    style: str
    place: int
    piece: Piece


@dataclass(slots=True)
class _Reading:
    """What has been read of one article so far."""

    pieces: list[Piece] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    paragraph: int = 0
    style: str | None = None
    tail: int | None = None
    """Where a line began that goes on below the items, if no further item follows."""


def read_paragraphs(text: str, start: int, stop: int, *, foreign: Sequence[tuple[int, int]] = ()) -> list[Piece]:
    """Read the paragraphs and items between `start` and `stop`, in order; their ends are without white space.

    Args:
        text: The whole text.
        start: Where an article begins to say something, behind its head.
        stop: Where the next one begins.
        foreign: Ascending stretches whose lines are text and nothing else.
    """
    reading = _Reading()
    caption: int | None = None
    previous, blank = "", False
    for line in _iterate_lines(text, start, stop):
        begin, content = line
        if not content:
            blank = True
            continue
        markers = [] if holds_offset(foreign, begin) else _read_line(content)
        if CAPTION.match(content) and caption is None and not markers:
            caption = begin
            continue
        head = begin if caption is None else caption
        label = "" if caption is None else text[caption:begin].strip()
        if not (_begin_paragraph(reading, markers, head, label) or _begin_item(reading, markers, begin)):
            fresh = blank or (previous != "" and previous[-1] in ENDING) or bool(CLOSING_WORDS.match(content))
            is_indented = text[begin - 1 : begin] in (" ", "　", "\t")
            _go_on(reading, head, is_fresh=(fresh and not is_indented) or caption is not None)
        caption, previous, blank = None, content, False
    if caption is not None:
        _go_on(reading, caption, is_fresh=False)
    return _close(text, reading, stop)


def _iterate_lines(text: str, start: int, stop: int) -> Iterator[tuple[int, str]]:
    """Lines as the offset of their first ink and their content; "" for blank ones, as two line ends in a row."""
    position = start
    for line in LINE.finditer(text, start, stop):
        content = line.group().strip()
        if line.start() > position + 1:
            yield position, ""
        position = line.end()
        yield (line.start() + line.group().index(content[0]) if content else line.start()), content


def _read_line(content: str) -> list[Marker]:
    markers = read_markers(BULLET.sub("", content, count=1))
    if markers and markers[0].style in ("full", "half", "kanji") and ROW.search(content):
        return []  # a row of a table
    return markers


def _begin_paragraph(reading: _Reading, markers: Sequence[Marker], start: int, label: str) -> bool:
    """Take a line for the beginning of a paragraph where its number is the next one."""
    for marker in markers:
        if marker.style not in PARAGRAPH_STYLES or marker.place != reading.paragraph + 1 or marker.is_branch:
            continue
        if reading.style not in (None, marker.style) or (reading.style is None and _continues_list(reading, marker)):
            continue
        _open_paragraph(reading, start, label)
        reading.style = marker.style
        return True
    return False


def _continues_list(reading: _Reading, marker: Marker) -> bool:
    return any(each.style == marker.style and each.place + 1 == marker.place for each in reading.lists)


def _open_paragraph(reading: _Reading, start: int, label: str = "") -> None:
    _finish(reading)
    reading.paragraph += 1
    reading.lists.clear()
    number = str(reading.paragraph)
    reading.pieces.append(Piece("項", number, 0, start, f"第{number}項{label}"))


def _begin_item(reading: _Reading, markers: Sequence[Marker], start: int) -> bool:
    """Take a line for an item: the next of a list that is open, or the first of a new one."""
    for marker in markers:
        for depth in range(len(reading.lists), 0, -1):
            known = reading.lists[depth - 1]
            goes_on = marker.place == known.place if marker.is_branch else marker.place == known.place + 1
            if known.style == marker.style and goes_on:
                reading.tail = None
                _open_item(reading, marker, depth, start)
                return True
    for marker in markers:
        if marker.place == 1 and not marker.is_branch:
            if reading.paragraph == 0:
                _open_paragraph(reading, start)
            depth = next(
                (depth for depth, known in enumerate(reading.lists, 1) if known.style == marker.style),
                len(reading.lists) + 1,
            )
            if depth <= len(reading.lists):
                _finish(reading)
            _open_item(reading, marker, depth, start)
            return True
    return False


def _open_item(reading: _Reading, marker: Marker, depth: int, start: int) -> None:
    is_item = depth == 1 and marker.style in ITEM_STYLES
    piece = Piece(
        "号" if is_item else "細分", marker.number, depth, start, f"第{marker.number}号" if is_item else marker.number
    )
    if is_item and marker.is_branch:
        main, _, branch = marker.number.partition("の")
        piece.label = f"第{main}号の{branch}"
    reading.pieces.append(piece)
    reading.lists[depth - 1 :] = [_List(marker.style, marker.place, piece)]


def _go_on(reading: _Reading, start: int, *, is_fresh: bool) -> None:
    if reading.paragraph == 0:
        _open_paragraph(reading, start)
    elif is_fresh and reading.lists and reading.tail is None:
        reading.tail = start


def _finish(reading: _Reading) -> None:
    """End the open items where the text of their paragraph went on below them."""
    if reading.tail is not None:
        for known in reading.lists:
            known.piece.end = reading.tail
    reading.tail = None


def _close(text: str, reading: _Reading, stop: int) -> list[Piece]:
    """Set the ends: where the next piece of the same depth or an outer one begins."""
    _finish(reading)
    begins: list[int] = []
    for piece in reversed(reading.pieces):
        del begins[piece.depth + 1 :]
        begins += [begins[-1] if begins else stop] * (piece.depth + 1 - len(begins))
        end = min(begins[: piece.depth + 1])
        if piece.end >= 0:
            end = min(end, piece.end)
        piece.end = piece.start + len(text[piece.start : end].rstrip())
        begins[piece.depth] = piece.start
    return reading.pieces

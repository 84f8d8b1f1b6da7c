"""Lines of a page of a PDF, and which of them go on in the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rag.documents.pdf_columns import Column, order_columns
from rag.documents.pdf_glyphs import Glyphs
from rag.documents.pdf_ruby import Reading, split_ruby
from rag.documents.pdf_runs import Run, Runs, build_runs
from rag.documents.pdf_tables import NO_GLYPH, Written, find_tables, has_cells, split_cells, write_table
from rag.text.articles import starts_heading
from rag.text.sentences import BULLET

SHORTEST = 12
"""Narrowest column, in heights of the text, whose lines are mended."""
SENTENCE_END = re.compile(r"[。！？!?：:]$")
CONTENTS_LINE = re.compile(r"(?:[.．…‥・]\s*){3}\d+$")
LATIN_HYPHEN = re.compile("[A-Za-zÀ-ɏ][-\xad‐]$")
ARTICLE = re.compile("[aAI] ")
"""English words that look like the letter of a list."""
LOWER = re.compile("[a-zß-ÿ]")
WIDE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff]")
FIRST_WORD = re.compile(r"[^\s\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f]+|.[、。，．」』）)]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text or a row of a table.

    `glyphs` names the glyph of each character of `text`, `NO_GLYPH` for what was put between. In heights of the text:
    `room` is what is left up to the edge of the column, infinite where nothing shows that lines reach it, `indent`
    what the line begins behind the other edge, `lead` the width of its first word.
    """

    text: str
    glyphs: tuple[int, ...]
    size: float
    room: float = float("inf")
    indent: float = 0.0
    lead: float = 0.0
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of a page in the order they are read, and the readings of kanji in them."""

    lines: list[Line]
    readings: list[Reading]


def build_lines(glyphs: Glyphs, size: tuple[float, float]) -> PageLines:
    """Put the glyphs of a page into lines.

    Args:
        glyphs: As the file orders them.
        size: Width and height of the page, in points.
    """
    runs = build_runs(glyphs)
    text, readings = split_ruby(runs, glyphs)
    # Down a page, places along a line count from minus its height to 0.
    page = (-size[1], 0.0) if runs.is_vertical else (0.0, size[0])
    lines = [line for column in order_columns(text, page=page) for line in _write_column(column, glyphs, runs)]
    top = max((-run.start for run in text), default=0.0)
    above = [run for run in runs.flat if -run.middle >= top]
    below = [run for run in runs.flat if -run.middle < top]
    return PageLines([*_write_flat(above, glyphs), *lines, *_write_flat(below, glyphs)], readings)


def join_lines(first: Line, second: Line) -> tuple[str, int]:
    """Tell what stands between two lines, and how many characters at the end of the first go: a hyphen."""
    if abs(first.size - second.size) > 0.15 * max(first.size, second.size):
        return "\n", 0
    if LATIN_HYPHEN.search(first.text) and LOWER.match(second.text) and first.room < float("inf"):
        return "", 1
    if SENTENCE_END.search(first.text) or CONTENTS_LINE.search(first.text):
        return "\n", 0
    if first.room >= second.lead + 0.6 or second.is_row:
        return "\n", 0
    if second.indent > first.indent + 0.7 and not _is_item(first.text):
        return "\n", 0
    if _is_item(second.text) or second.text[0].isspace() or starts_heading(second.text):
        return "\n", 0
    return ("" if WIDE.match(first.text[-1]) or WIDE.match(second.text[0]) else " "), 0


def _is_item(text: str) -> bool:
    return BULLET.match(text) is not None and not ARTICLE.match(text)


def _write_flat(runs: Sequence[Run], glyphs: Glyphs) -> list[Line]:
    ordered = sorted(runs, key=lambda run: (run.middle, run.start))
    return [Line(*_write_row([run], glyphs, is_vertical=False), size=run.size) for run in ordered]


def _write_column(column: Column, glyphs: Glyphs, runs: Runs) -> list[Line]:
    tables = find_tables(column.rows)
    lines: list[Line] = []
    place = 0
    full = _count_full(column)
    usual = median(run.size for row in column.rows for run in row)
    width = column.end - column.start
    is_bound = width >= SHORTEST * usual and (full >= 3 or column.limit - column.end <= 2.5 * usual)
    while place < len(column.rows):
        row = column.rows[place]
        if place in tables:
            lines += _write_table(column.rows[place : tables[place]], glyphs, runs)
            place = tables[place]
            continue
        place += 1
        text, indices = _write_row(row, glyphs, is_vertical=runs.is_vertical)
        if not text:
            continue
        size = max(run.size for run in row)
        word = FIRST_WORD.match(text)
        last = indices[word.end() - 1 if word else 0]
        lines.append(
            Line(
                text,
                indices,
                size,
                room=(column.end - row[-1].end) / size if is_bound and not has_cells(row) else float("inf"),
                indent=(row[0].start - column.start) / size,
                lead=float(runs.ends[last] - runs.starts[indices[0]]) / size,
            )
        )
    return lines


def _write_table(rows: Sequence[Sequence[Run]], glyphs: Glyphs, runs: Runs) -> list[Line]:
    cells = [[_write_row(cell, glyphs, is_vertical=runs.is_vertical) for cell in split_cells(row)] for row in rows]
    return [
        Line(text, indices, row[0].size, is_row=True)
        for row, (text, indices) in zip(rows, write_table(cells), strict=True)
    ]


def _count_full(column: Column) -> int:
    """Count the lines that reach the same edge."""
    return sum(column.end - row[-1].end < row[-1].size for row in column.rows)


def _write_row(row: Sequence[Run], glyphs: Glyphs, *, is_vertical: bool) -> Written:
    """Write the runs of a row one after the other, with a space where they stand apart."""
    pieces: list[str] = []
    indices: list[int] = []
    for place, run in enumerate(row):
        if place and run.start - row[place - 1].end > 0.3 * run.size:
            pieces.append(" ")
            indices.append(NO_GLYPH)
        if is_vertical and " " in run.text:
            inside = [index for index in range(run.first, run.last) if glyphs.characters[index] != " "]
            pieces += (glyphs.characters[index] for index in inside)
            indices += inside
        else:
            pieces.append(run.text)
            indices += range(run.first, run.last)
    return "".join(pieces), tuple(indices)

"""The text of the pages of a PDF, with lines that go on mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.documents.anchor import Anchor
from rag.documents.pdf_lines import Line, join_lines
from rag.documents.pdf_ruby import Reading
from rag.documents.pdf_tables import NO_GLYPH


@dataclass(frozen=True, slots=True)
class PageText:
    """Text of a page, and the glyph of each character in it, `NO_GLYPH` where it is on none."""

    text: str
    glyphs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Canonical text of all pages, the anchors of pages and ruby in it, and the labels of pages without text."""

    text: str
    anchors: list[Anchor]
    empty: list[str]


def mend_lines(lines: Sequence[Line]) -> PageText:
    """Join lines into text: those that go on without a line end."""
    pieces: list[str] = []
    glyphs: list[int] = []
    for place, line in enumerate(lines):
        between, cut = ("\n", 0) if place + 1 == len(lines) else join_lines(line, lines[place + 1])
        pieces += line.text[: len(line.text) - cut], between
        glyphs += line.glyphs[: len(line.glyphs) - cut]
        glyphs += [NO_GLYPH] * len(between)
    return PageText("".join(pieces)[:-1], tuple(glyphs[:-1]))


def join_pages(labels: Sequence[str], pages: Sequence[Sequence[Line]], readings: Sequence[Sequence[Reading]]) -> Pages:
    """Join pages: a line that goes on over the page is mended like any other.

    Args:
        labels: What each page is called.
        pages: The lines of each.
        readings: Readings of the kanji of each.
    """
    pieces: list[str] = []
    anchors: list[Anchor] = []
    length = 0
    written = [index for index, page in enumerate(pages) if page]
    for place, index in enumerate(written):
        page = mend_lines(pages[index])
        between, cut = "\n", 0
        if place + 1 < len(written):
            between, cut = join_lines(pages[index][-1], pages[written[place + 1]][0])
        text = page.text[: len(page.text) - cut]
        anchors.append(Anchor("page", length, length + len(text), labels[index]))
        anchors += _place_readings(readings[index], page, length)
        pieces += text, between
        length += len(text) + len(between)
    empty = [label for label, page in zip(labels, pages, strict=True) if not page]
    return Pages("".join(pieces), anchors, empty)


def _place_readings(readings: Sequence[Reading], page: PageText, offset: int) -> list[Anchor]:
    if not readings:
        return []
    places = {glyph: place for place, glyph in enumerate(page.glyphs)}
    anchors: list[Anchor] = []
    for reading in readings:
        inside = [places[glyph] for glyph in range(reading.first, reading.last) if glyph in places]
        if inside:
            anchors.append(Anchor("ruby", offset + min(inside), offset + max(inside) + 1, reading.text))
    return anchors

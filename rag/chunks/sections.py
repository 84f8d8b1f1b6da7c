"""The articles and sections of a document, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.text.outline import Outline

if TYPE_CHECKING:
    from rag.documents.document import Document

Span = tuple[int, int]
SECTION_ANCHORS = frozenset({"heading", "slide", "sheet"})
"""Anchors that begin a section; pages end anywhere, and tables stand inside."""


def split_sections(document: Document) -> list[Span]:
    """Split a document into its articles, with the captions above them, or else into what its headings part.

    Headings inside an article part nothing; one with nothing below it but another heading goes with that.

    Returns:
        Ascending and disjoint stretches without outer white space; every character that is not white space lies in
        exactly one.
    """
    text = document.text
    borders = sorted({0, *_find_borders(document), len(text)})
    headings = {anchor.start: anchor.end for anchor in document.anchors if anchor.kind == "heading"}
    sections: list[Span] = []
    begin: int | None = None  # of headings that wait for what stands below them
    for start, end in pairwise(borders):
        content = text[start:end].strip()
        if not content:
            continue
        first = text.index(content[0], start)
        begin = first if begin is None else begin
        last = first + len(content)
        if headings.get(first, -1) >= last and end < len(text):
            continue
        sections.append((begin, last))
        begin = None
    if begin is not None:
        sections.append((begin, len(text.rstrip())))
    return sections


def _find_borders(document: Document) -> Iterator[int]:
    articles = Outline(document.text).units()
    following = 0
    for article in articles:
        yield from article
    for anchor in sorted(document.anchors, key=lambda anchor: anchor.start):
        if anchor.kind not in SECTION_ANCHORS:
            continue
        while following < len(articles) and articles[following][1] <= anchor.start:
            following += 1
        if following == len(articles) or anchor.start < articles[following][0]:
            yield anchor.start

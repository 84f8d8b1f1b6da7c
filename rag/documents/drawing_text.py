"""Text in the shapes of Office documents (DrawingML)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.documents.office_package import read_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
INDENTATION = "  "
DEEPEST = 8
"""Deepest level of a list, from 0."""


def read_lines(body: Element) -> Iterator[str]:
    """Read the paragraphs of a text body, with the bullets and numbers they give themselves."""
    counts: Counter[int] = Counter()
    for paragraph in body.iterchildren(A + "p"):
        text = "".join(_iterate_text(paragraph))
        if not text.strip():
            counts.clear()
            continue
        properties = paragraph.find(A + "pPr")
        yield _build_prefix(properties, counts) + text


def _iterate_text(element: Element) -> Iterator[str]:
    for child in element:
        if child.tag == A + "t":
            yield child.text or ""
        elif child.tag == A + "br":
            yield "\n"
        elif child.tag not in {A + "pPr", A + "rPr", A + "endParaRPr"}:
            yield from _iterate_text(child)


def _build_prefix(properties: Element | None, counts: Counter[int]) -> str:
    if properties is None:
        counts.clear()
        return ""
    depth = min(read_number(properties.get("lvl")) or 0, DEEPEST)
    for deeper in [other for other in counts if other > depth]:
        del counts[deeper]
    numbered = properties.find(A + "buAutoNum")
    if numbered is None:
        del counts[depth]
        return INDENTATION * depth + ("・" if depth or properties.find(A + "buChar") is not None else "")
    counts[depth] = counts[depth] + 1 if counts[depth] else read_number(numbered.get("startAt")) or 1
    return INDENTATION * depth + _write_number(counts[depth], numbered.get("type", ""))


def _write_number(number: int, kind: str) -> str:
    if kind.startswith("circleNum") and 1 <= number <= 20:
        return chr(0x2460 + number - 1) + " "
    if kind.endswith("ParenBoth"):
        return f"({number}) "
    return f"{number}) " if kind.endswith("ParenR") else f"{number}. "

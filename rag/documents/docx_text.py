"""The elements of a Word document that hold text.

Text stands also in content controls, tracked insertions, text boxes and under ruby, and notes are called from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.documents.office_package import COMPATIBILITY
from rag.documents.ruby import mark_ruby

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

WRAPPERS = frozenset(W + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
SKIPPED = frozenset(W + name for name in ("pPr", "rPr", "sdtPr", "del", "moveFrom")) | {COMPATIBILITY + "Fallback"}
"""Properties; what tracked changes took out; the copy of a drawing for old versions of Word."""
CHARACTERS = {
    W + "tab": "\t",
    W + "ptab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
}
NOTES = {W + f"{name}Reference": name for name in ("footnote", "endnote", "comment")}


def list_children(element: Element, *names: str) -> Iterator[Element]:
    """List the children of these names, also those inside content controls and tracked insertions, in order."""
    wanted = {W + name for name in names}
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag in WRAPPERS:
            yield from list_children(child, *names)


def find_value(element: Element | None, *path: str) -> str | None:
    """Return the `val` of a descendant given by the names on the way to it, or None."""
    for name in path:
        if element is None:
            return None
        element = element.find(W + name)
    return None if element is None else element.get(W + "val", "")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a paragraph shows, with the readings above it, the text boxes anchored in it, and the notes it calls.

    A note is given by the name of the element that calls it, without "Reference", and its id.
    """

    text: str
    boxes: tuple[Element, ...]
    notes: tuple[tuple[str, str], ...]


def read_paragraph(paragraph: Element) -> Paragraph:
    """Read a paragraph."""
    attached = _Attached()
    text = "".join(_iterate_text(paragraph, attached))
    return Paragraph(text, tuple(attached.boxes), tuple(attached.notes))


@dataclass(slots=True)
class _Attached:
    """What is met on the way through a paragraph."""

    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def _iterate_text(element: Element, attached: _Attached) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in SKIPPED:
            continue
        if tag in (W + "t", MATH + "t"):
            yield child.text or ""
        elif tag in CHARACTERS:
            yield CHARACTERS[tag]
        elif tag == W + "txbxContent":
            attached.boxes.append(child)
        elif tag in NOTES:
            attached.notes.append((NOTES[tag], child.get(W + "id", "")))
        elif tag == W + "ruby":
            base, reading = ("".join(_iterate_parts(child, part, attached)) for part in ("rubyBase", "rt"))
            yield mark_ruby(base, reading)
        else:
            yield from _iterate_text(child, attached)


def _iterate_parts(ruby: Element, name: str, attached: _Attached) -> Iterator[str]:
    for part in ruby.iterchildren(W + name):
        yield from _iterate_text(part, attached)

"""The elements of a Word document that hold text.

python-docx leaves out what stands in content controls, tracked insertions, text boxes and above ruby, so the elements
are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

WRAPPERS = frozenset(W + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
SKIPPED = frozenset(W + name for name in ("pPr", "rPr", "sdtPr", "del", "moveFrom", "rt")) | {
    COMPATIBILITY + "Fallback"
}
"""Properties; what tracked changes took out; readings; the copy of a drawing for old versions of Word."""
CHARACTERS = {
    W + "tab": "\t",
    W + "ptab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
}


def list_children(element: BaseOxmlElement, *names: str) -> Iterator[BaseOxmlElement]:
    """List the children of these names, also those inside content controls and tracked insertions, in order."""
    wanted = {W + name for name in names}
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag in WRAPPERS:
            yield from list_children(child, *names)


def find_value(element: BaseOxmlElement | None, *path: str) -> str | None:
    """Return the `val` of a descendant given by the names on the way to it, or None."""
    for name in path:
        if element is None:
            return None
        element = element.find(W + name)
    return None if element is None else element.get(W + "val", "")


def read_number(value: str | None) -> int | None:
    """Read an attribute that should be a number; None where it is missing or none."""
    return int(value) if value and value.isdecimal() else None


def read_paragraph(paragraph: BaseOxmlElement) -> tuple[str, list[BaseOxmlElement]]:
    """Return what a paragraph shows, and the text boxes anchored in it."""
    boxes: list[BaseOxmlElement] = []
    return "".join(_iterate_text(paragraph, boxes)), boxes


def _iterate_text(element: BaseOxmlElement, boxes: list[BaseOxmlElement]) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in SKIPPED:
            continue
        if tag in (W + "t", MATH + "t"):
            yield child.text or ""
        elif tag in CHARACTERS:
            yield CHARACTERS[tag]
        elif tag == W + "txbxContent":
            boxes.append(child)
        else:
            yield from _iterate_text(child, boxes)

"""The shapes of a slide in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.drawing_text import A
from rag.documents.office_package import COMPATIBILITY, read_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
TITLES = frozenset({"title", "ctrTitle"})
FURNITURE = frozenset({"dt", "ftr", "hdr", "sldNum", "sldImg"})
"""Placeholders that stand on every slide."""
ALONGSIDE = 0.5
"""Two shapes stand side by side where one begins above this share of the other's height."""
Box = tuple[int, int, int]
"""Left, top and height, in English Metric Units."""
NOWHERE: Box = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape with text, a table, a chart or a diagram; `placeholder` is its role on the slide, "" for none."""

    element: Element
    placeholder: str


def list_shapes(slide: Element, layouts: Sequence[Element]) -> list[Shape]:
    """List the shapes of a slide: titles first, then from top to bottom and from left to right, groups together.

    Args:
        slide: Root of the slide or its notes.
        layouts: Roots of its layout and master, which place the placeholders that the slide does not place.
    """
    tree = slide.find(f"{P}cSld/{P}spTree")
    if tree is None:
        return []
    shapes = list(_iterate_shapes(tree, layouts))
    titles = [shape for shape in shapes if shape.placeholder in TITLES]
    return titles + [shape for shape in shapes if shape.placeholder not in TITLES | FURNITURE]


def _iterate_shapes(tree: Element, layouts: Sequence[Element]) -> Iterator[Shape]:
    for element in _sort(_expand(tree), layouts):
        if element.tag == P + "grpSp":
            yield from _iterate_shapes(element, layouts)
        else:
            yield Shape(element, _find_role(element)[0])


def _expand(tree: Element) -> Iterator[Element]:
    """Children with content; of alternatives the first, which is the one for new versions."""
    for child in tree:
        if child.tag == COMPATIBILITY + "AlternateContent":
            choice = child.find(COMPATIBILITY + "Choice")
            yield from _expand(choice) if choice is not None else ()
        elif child.tag in {P + "sp", P + "grpSp", P + "graphicFrame"} and not _is_hidden(child):
            yield child


def _is_hidden(element: Element) -> bool:
    return any(item.get("hidden") in {"1", "true"} for item in element.iterfind(f"./*/{P}cNvPr"))


def _sort(elements: Iterable[Element], layouts: Sequence[Element]) -> list[Element]:
    """Elements by lines of what stands side by side, each line from left to right."""
    placed = sorted(((_find_box(element, layouts), element) for element in elements), key=lambda item: item[0][1])
    lines: list[list[tuple[Box, Element]]] = []
    for box, element in placed:
        _, top, height = lines[-1][0][0] if lines else NOWHERE
        if lines and box[1] < top + ALONGSIDE * min(height, box[2]):
            lines[-1].append((box, element))
        else:
            lines.append([(box, element)])
    return [element for line in lines for _, element in sorted(line, key=lambda item: item[0][0])]


def _find_box(element: Element, layouts: Sequence[Element]) -> Box:
    """Where a shape stands; a placeholder may leave that to the layout, and the layout to the master."""
    box = _read_box(element)
    role, index = _find_role(element)
    for layout in layouts if box is None and (role or index) else ():
        alike = [other for other in layout.iter(P + "sp") if _matches(_find_role(other), role, index)]
        box = next((found for other in alike if (found := _read_box(other)) is not None), None)
        if box is not None:
            break
    return box or NOWHERE


def _read_box(element: Element) -> Box | None:
    frame = next(
        (
            found
            for path in (f"{P}spPr/{A}xfrm", f"{P}grpSpPr/{A}xfrm", f"{P}xfrm")
            if (found := element.find(path)) is not None
        ),
        None,
    )
    offset, extent = (None, None) if frame is None else (frame.find(A + "off"), frame.find(A + "ext"))
    if offset is None:
        return None
    height = 0 if extent is None else _read_length(extent.get("cy"))
    return _read_length(offset.get("x")), _read_length(offset.get("y")), height


def _read_length(value: str | None) -> int:
    length = read_number((value or "").removeprefix("-")) or 0
    return -length if value and value[0] == "-" else length


def _find_role(element: Element) -> tuple[str, str]:
    """Type and index of a placeholder; a placeholder of no type is one for content."""
    placeholder = element.find(f"./*/{P}nvPr/{P}ph")
    if placeholder is None:
        return "", ""
    return placeholder.get("type", "obj"), placeholder.get("idx", "")


def _matches(other: tuple[str, str], role: str, index: str) -> bool:
    if index:
        return other[1] == index
    return other[0] == role or (other[0] in TITLES and role in TITLES)

"""What the styles of a Word document say of its paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.docx_text import W, find_value
from rag.documents.office_package import read_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

HEADING_NAME = re.compile(r"(?:heading|見出し)[\s　]*([1-9１-９])", re.IGNORECASE)
TITLE_NAMES = frozenset({"title", "表題", "タイトル"})
DEEPEST = 9


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """What a style gives its paragraphs: heading `level` or None, whether they are the title, and a numbering."""

    level: int | None = None
    is_title: bool = False
    numbering: str | None = None
    depth: int | None = None


class Styles:
    """The paragraph styles of a document, each with what it inherits."""

    def __init__(self, styles: Element | None) -> None:
        elements = styles.iter(W + "style") if styles is not None else ()
        self._elements = {style.get(W + "styleId", ""): style for style in elements}
        self._known: dict[str, ParagraphStyle] = {}

    def find(self, style_id: str | None) -> ParagraphStyle:
        """Return what a style gives, also by the styles it is based on."""
        if style_id is None:
            return ParagraphStyle()
        if style_id not in self._known:
            # Held while its bases are read, so that a style based on itself ends.
            self._known[style_id] = ParagraphStyle()
            self._known[style_id] = self._read(style_id)
        return self._known[style_id]

    def _read(self, style_id: str) -> ParagraphStyle:
        element = self._elements.get(style_id)
        if element is None:
            return ParagraphStyle()
        base = self.find(find_value(element, "basedOn"))
        name = (find_value(element, "name") or "").strip()
        level = read_level(element.find(W + "pPr"))
        if match := HEADING_NAME.fullmatch(name):
            level = int(match[1])
        depth = read_number(find_value(element, "pPr", "numPr", "ilvl"))
        return ParagraphStyle(
            level=base.level if level is None else level or None,
            is_title=name.lower() in TITLE_NAMES or base.is_title,
            numbering=find_value(element, "pPr", "numPr", "numId") or base.numbering,
            depth=base.depth if depth is None else depth,
        )


def read_level(properties: Element | None) -> int | None:
    """Return the outline level of paragraph properties, 1 to 9; 0 where they say body text, None where nothing."""
    value = read_number(find_value(properties, "outlineLvl"))
    if value is None:
        return None
    return value + 1 if value < DEEPEST else 0

"""A document: canonical text, and anchors that place pages and headings in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AnchorKind = Literal["page", "heading"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A named place in a document.

    `start:end` are code points of the canonical text: for a page the text of the page, for a heading the heading line.
    `level` is 1 for the outermost heading and 0 for pages. `label` is what a person is shown ("12", "第3章 休暇").
    """

    kind: AnchorKind
    start: int
    end: int
    label: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    r"""One document in canonical form.

    `text` uses "\n" for line ends and holds no NUL. Every offset in the package counts code points of this text.
    `source` is where it came from (an absolute path for files); a later document of the same source replaces it.
    `metadata` says how the text was gained, for example {"format": "txt", "encoding": "cp932"}.
    """

    id: str
    title: str
    text: str
    source: str
    anchors: tuple[Anchor, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def page_at(self, offset: int) -> str | None:
        """Return the label of the page that holds `offset`, or None in a document without pages."""
        for anchor in self.anchors:
            if anchor.kind == "page" and anchor.start <= offset < anchor.end:
                return anchor.label
        return None

    def heading_at(self, offset: int) -> tuple[str, ...]:
        """Return the heading path, outermost first, under which `offset` stands."""
        path: list[Anchor] = []
        for anchor in self.anchors:
            if anchor.kind != "heading":
                continue
            if anchor.start > offset:
                break
            path = [outer for outer in path if outer.level < anchor.level]
            path.append(anchor)
        return tuple(anchor.label for anchor in path)


def build_document_id(source: str, text: str) -> str:
    """Hash source and text into the document's id: 16 hexadecimal digits."""
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]

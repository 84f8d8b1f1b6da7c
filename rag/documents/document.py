"""A document: canonical text, and anchors that name places in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.documents.anchor import Anchor, AnchorKind
from rag.documents.canonical import choose_title
from rag.documents.loader import Content
from rag.documents.losses import NOTHING_KNOWN, Losses, count_losses
from rag.errors import DocumentError

PAGES: tuple[AnchorKind, ...] = ("page", "slide", "sheet")
"""What a document is turned over by."""


@dataclass(frozen=True, slots=True)
class Document:
    r"""One document in canonical form.

    `text` uses "\n" for line ends and holds no NUL. Every offset in the package counts code points of this text.
    `source` is where it came from (an absolute path for files); a later document of the same source replaces it.
    `metadata` says how the text was gained, for example {"format": "txt", "encoding": "cp932"}; `losses` what of it
    did not come in.
    """

    id: str
    title: str
    text: str
    source: str
    anchors: tuple[Anchor, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    losses: Losses = NOTHING_KNOWN

    def page_at(self, offset: int) -> str | None:
        """Return the label of the page, slide or sheet that holds `offset`, or None in a document without pages."""
        for anchor in self.anchors:
            if anchor.kind in PAGES and anchor.start <= offset < anchor.end:
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


def build_document(content: Content, *, source: str, stem: str) -> Document:
    """Make a document of what was found in a file.

    Args:
        content: What was found.
        source: Where it comes from.
        stem: What the document is called where it says nothing of its own.

    Raises:
        DocumentError: There is no text.
    """
    if not content.text.strip():
        raise DocumentError(
            "文章がありません（空白や書式だけ）。文章のあるファイルを指定してください / "
            "it holds no text, only white space or markup; expected text; add another file"
        )
    return Document(
        id=build_document_id(source, content.text),
        title=choose_title(content.title, content.text, content.anchors, stem),
        text=content.text,
        source=source,
        anchors=content.anchors,
        metadata=content.metadata,
        losses=count_losses(content.text, content.anchors, content.losses),
    )

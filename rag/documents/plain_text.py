"""Plain text."""

from __future__ import annotations

from dataclasses import dataclass

from rag.documents.canonical import find_heading_anchors, to_canonical
from rag.documents.encoding import decode
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.phrase import Phrase
from rag.documents.signature import TEXT


@dataclass(frozen=True, slots=True)
class PlainTextLoader:
    """Reads text as it is written; its headings are lines of the shape 第3章 総則, 第12条（休暇）, 1.2 概要."""

    suffixes: tuple[str, ...] = (".txt", ".text")
    kind: Phrase = TEXT.kind
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a text file in any encoding used for Japanese.

        Raises:
            DocumentError: The bytes are binary, or in no encoding that can be told.
        """
        decoded = decode(data)
        text = to_canonical(decoded.text)
        metadata = {"format": "txt", "encoding": decoded.encoding}
        anchors = tuple(find_heading_anchors(text))
        return Content(text, anchors=anchors, metadata=metadata, losses=Losses(encoding=decoded.encoding))

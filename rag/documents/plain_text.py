"""Plain text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.documents.aozora import is_aozora, read_aozora
from rag.documents.canonical import complete_headings, find_heading_anchors, to_canonical
from rag.documents.encoding import decode
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.signature import TEXT


@dataclass(frozen=True, slots=True)
class PlainTextLoader:
    """Reads text as it is written; its headings are lines of the shape 第3章 総則, 第12条（休暇）, 1.2 概要.

    A text in the notation of Aozora Bunko is read without its readings and notes.
    """

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
        if is_aozora(text):
            content = read_aozora(text)
            losses = replace(decoded.losses, left_out=content.losses.left_out)
            anchors = complete_headings(content.text, content.anchors)
            return Content(content.text, anchors=anchors, metadata=metadata, losses=losses)
        anchors = tuple(find_heading_anchors(text))
        return Content(text, anchors=anchors, metadata=metadata, losses=decoded.losses)

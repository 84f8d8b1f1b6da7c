"""What of a file did not come into its text, or came in doubtfully."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.documents.anchor import Anchor

REPLACEMENT = "\ufffd"
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
GLYPH_NUMBER = re.compile(r"\(cid:\d+\)")


@dataclass(frozen=True, slots=True)
class Losses:
    """Counts over one document.

    `encoding` is "" for formats that are no text; `confidence` is the probability that it is the right one, 0 to 1.
    `undecodable` bytes gave no character. `pages` counts pages, slides or sheets, `pages_without_text` names those that
    gave none. `replacements` are U+FFFD, `private_use` characters of private use (gaiji), `glyph_numbers` "(cid:123)":
    glyphs a PDF names no character for. `tables` and `ruby` were found and kept. `left_out` says in words what the
    file holds beside: pictures, macros, attachments.
    """

    characters: int = 0
    encoding: str = ""
    confidence: float | None = None
    undecodable: int = 0
    pages: int = 0
    pages_without_text: tuple[str, ...] = ()
    replacements: int = 0
    private_use: int = 0
    glyph_numbers: int = 0
    tables: int = 0
    ruby: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is known to be lost."""
        return not (
            self.undecodable
            or self.pages_without_text
            or self.replacements
            or self.private_use
            or self.glyph_numbers
            or self.left_out
        )


NOTHING_KNOWN = Losses()


def count_losses(text: str, anchors: Sequence[Anchor], known: Losses) -> Losses:
    """Complete what a loader knows by what the text and its anchors show."""
    kinds = [anchor.kind for anchor in anchors]
    return replace(
        known,
        characters=len(text),
        replacements=text.count(REPLACEMENT),
        private_use=len(PRIVATE_USE.findall(text)),
        glyph_numbers=len(GLYPH_NUMBER.findall(text)),
        tables=kinds.count("table"),
        ruby=kinds.count("ruby"),
    )

"""Named places in a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AnchorKind = Literal["page", "slide", "sheet", "heading", "table", "footnote", "comment", "ruby"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A named place in a document.

    `start:end` are code points of the canonical text: for a page, slide, sheet or table its text, for a heading its
    line, for a footnote or comment its own words, for ruby the characters it stands beside. `label` is what a person
    is shown ("12", "第3章 休暇"): of ruby the reading, of a footnote the number, of a comment the author.
    `level` is 1 for the outermost heading and 0 for all others.
    """

    kind: AnchorKind
    start: int
    end: int
    label: str
    level: int = 0

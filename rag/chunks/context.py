"""What stands above a window: the title of its document and the headings it is under."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rag.documents.anchor import Anchor

Context = Literal["none", "heading", "title_heading"]
"""What is put before a window where it is embedded and indexed by words; its own text stays as it is."""
LONGEST = 120
"""Most characters of a context: of a longer one the innermost headings stay."""
SEPARATOR = " "


def build_contexts(starts: Sequence[int], *, title: str, anchors: Sequence[Anchor], context: Context) -> list[str]:
    """Return what stands above each window; "" for nothing.

    A heading inside a window is in its text anyway and counts from the next window on.

    Args:
        starts: Where the windows begin, ascending.
        title: That of the document.
        anchors: Those of the document.
        context: What is wanted.
    """
    if context == "none":
        return [""] * len(starts)
    headings = [anchor for anchor in anchors if anchor.kind == "heading"]
    path: list[Anchor] = []
    contexts: list[str] = []
    following = 0
    for start in starts:
        while following < len(headings) and headings[following].start < start:
            while path and path[-1].level >= headings[following].level:
                path.pop()
            path.append(headings[following])
            following += 1
        labels = [anchor.label for anchor in path]
        if context == "title_heading" and labels[:1] != [title]:
            labels.insert(0, title)
        contexts.append(_shorten(labels))
    return contexts


def join_context(context: str, text: str) -> str:
    """Put a context before the text of a window."""
    return f"{context}\n{text}" if context else text


def _shorten(labels: Sequence[str]) -> str:
    kept: list[str] = []
    left = LONGEST
    for label in reversed(labels):
        if len(label) > left:
            break
        kept.insert(0, label)
        left -= len(label) + len(SEPARATOR)
    return SEPARATOR.join(kept)

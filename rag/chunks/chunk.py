"""A chunk: one window of a document's text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """One window; `text == document.text[start:end]` always holds."""

    document_id: str
    start: int
    end: int
    text: str

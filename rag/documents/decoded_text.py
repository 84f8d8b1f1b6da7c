"""A text, and how it was gained from bytes."""

from __future__ import annotations

from dataclasses import dataclass

from rag.documents.losses import Losses


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text, and the name of the encoding it was in, as Python writes it.

    `confidence` is the probability that it is the right encoding, 0 to 1; `undecodable` bytes stand as U+FFFD.
    """

    text: str
    encoding: str
    confidence: float = 1.0
    undecodable: int = 0

    @property
    def losses(self) -> Losses:
        """What is known of the bytes that gave no character."""
        return Losses(encoding=self.encoding, confidence=self.confidence, undecodable=self.undecodable)

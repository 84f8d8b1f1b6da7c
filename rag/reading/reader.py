"""What the package needs from a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.reading.answer import Reading
from rag.retrieval.hit import Passage


class Reader(Protocol):
    """Answers a question from passages, or says that they hold no answer."""

    @property
    def name(self) -> str:
        """Hub name or folder the model was loaded from."""

    @property
    def fingerprint(self) -> str:
        """Hash of weights and settings."""

    def read(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Reading:
        """Return the `n` best spans over all passages, with calibrated confidence."""

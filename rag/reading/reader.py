"""What the package needs from a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class StreamingReader(Reader, Protocol):
    """A reader that writes its answer and can be watched as it writes."""

    def stream(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Iterator[str | Reading]:
        """Yield the answer piece by piece as it is written; last of all what `read` returns."""

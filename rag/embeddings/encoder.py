"""What the package needs from an embedding model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Called with (done, total)."""


class Encoder(Protocol):
    """Turns questions and windows into unit vectors of one space."""

    @property
    def name(self) -> str:
        """Hub name or folder the model was loaded from."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    @property
    def fingerprint(self) -> str:
        """Hash of weights, prompts and settings: equal fingerprints give equal vectors."""

    @property
    def max_tokens(self) -> int | None:
        """Most tokens of a window the model sees (special tokens and prompt taken off), None when unlimited."""

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Return the code-point offset at which each token of `text` starts, ascending. Shape: (tokens,)."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions. Shape: (len(texts), dimension), rows of length 1."""

    def encode_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed windows. Shape: (len(texts), dimension), rows of length 1."""

"""Stand-ins for the models, small and fast, whose results are the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Progress, Vectors


class FakeEncoder:
    """An `Encoder` without a model: texts that share character pairs lie close to each other."""

    def __init__(self, *, max_tokens: int | None = None, dimension: int = 64) -> None:
        self.max_tokens = max_tokens
        self.dimension = dimension
        self.name = "fake"
        self.fingerprint = f"fake-{dimension}"

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Take every character that is not white space for a token."""
        return np.array([place for place, character in enumerate(text) if not character.isspace()], dtype=np.int64)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = self._encode(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    def _encode(self, texts: Sequence[str]) -> Vectors:
        counts = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            # The empty text has one pair too, so that every row can be given length 1.
            padded = f"\n{text}\n"
            for place in range(len(padded) - 1):
                pair = padded[place : place + 2].encode("utf-8", "surrogatepass")
                counts[row, crc32(pair) % self.dimension] += 1
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-12)


class FakeLateEncoder(FakeEncoder):
    """A `LateEncoder`: a window knows the five characters on either side of it."""

    def encode_windows(
        self, text: str, spans: Sequence[tuple[int, int]], *, progress: Progress | None = None
    ) -> Vectors:
        return self.encode_documents([text[max(0, start - 5) : end + 5] for start, end in spans], progress=progress)

"""Vectors of windows: those whose text the library has embedded before are not embedded again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rag.chunks.chunk import Chunk
from rag.embeddings.encoder import Encoder, Vectors

WINDOWS_AT_ONCE = 1024


def embed_windows(
    chunks: Sequence[Chunk],
    *,
    encoder: Encoder,
    known: Mapping[str, Vectors],
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """Embed the windows piece by piece, so that a huge document needs little more memory than its vectors.

    Args:
        chunks: The windows.
        encoder: Embeds those whose text is not `known`.
        known: Vectors of the same encoder by text. Shape of each: (dimension,).
        progress: Called with the number of windows embedded and to be embedded.

    Returns:
        One vector for each window. Shape: (len(chunks), dimension).
    """
    vectors = np.empty((len(chunks), encoder.dimension), dtype=np.float32)
    fresh = [place for place, chunk in enumerate(chunks) if chunk.text not in known]
    for place, chunk in enumerate(chunks):
        if chunk.text in known:
            vectors[place] = known[chunk.text]
    for first in range(0, len(fresh), WINDOWS_AT_ONCE):
        places = fresh[first : first + WINDOWS_AT_ONCE]

        def tell(done: int, _: int, *, before: int = first) -> None:
            if progress is not None:
                progress(before + done, len(fresh))

        tell(0, len(places))
        vectors[places] = encoder.encode_documents([chunks[place].text for place in places], progress=tell)
    return vectors

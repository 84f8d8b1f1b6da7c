"""Vectors of windows: those whose text the library has embedded before are not embedded again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rag.chunks.chunk import Chunk
from rag.chunks.context import join_context
from rag.documents.document import Document
from rag.embeddings.encoder import Encoder, Vectors
from rag.embeddings.late import LateEncoder
from rag.errors import ModelError

WINDOWS_AT_ONCE = 1024


def embed_windows(
    chunks: Sequence[Chunk],
    contexts: Sequence[str],
    *,
    encoder: Encoder,
    known: Mapping[str, Vectors],
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """Embed the windows piece by piece, so that a huge document needs little more memory than its vectors.

    Args:
        chunks: The windows.
        contexts: What stands before each of them; left out where the end of the window would be lost to the encoder.
        encoder: Embeds those whose text is not `known`.
        known: Vectors of the same encoder by context and text joined. Shape of each: (dimension,).
        progress: Called with the number of windows embedded and to be embedded.

    Returns:
        One vector for each window. Shape: (len(chunks), dimension).
    """
    vectors = np.empty((len(chunks), encoder.dimension), dtype=np.float32)
    joined = [join_context(context, chunk.text) for context, chunk in zip(contexts, chunks, strict=True)]
    fresh = [place for place, text in enumerate(joined) if text not in known]
    for place, text in enumerate(joined):
        if text in known:
            vectors[place] = known[text]
    for first in range(0, len(fresh), WINDOWS_AT_ONCE):
        places = fresh[first : first + WINDOWS_AT_ONCE]

        def tell(done: int, _: int, *, before: int = first) -> None:
            if progress is not None:
                progress(before + done, len(fresh))

        tell(0, len(places))
        vectors[places] = encoder.encode_documents(
            [joined[place] if _fits(joined[place], encoder) else chunks[place].text for place in places], progress=tell
        )
    return vectors


def embed_late(
    document: Document,
    chunks: Sequence[Chunk],
    *,
    encoder: Encoder,
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """Embed the windows of a document as the text around them shapes them; see `rag.embeddings.late`.

    Raises:
        ModelError: The encoder cannot do so.
    """
    if not isinstance(encoder, LateEncoder):
        raise ModelError(
            f"the embedding model {encoder.name} embeds texts only by themselves, but pooling is document; expected a "
            "model with encode_windows: set pooling to window"
        )
    return encoder.encode_windows(document.text, [(chunk.start, chunk.end) for chunk in chunks], progress=progress)


def _fits(text: str, encoder: Encoder) -> bool:
    return encoder.max_tokens is None or len(encoder.token_starts(text)) <= encoder.max_tokens

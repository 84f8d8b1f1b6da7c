"""Where in a text the tokens of a model begin, for every kind of tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.text.alignment import align_tokens

TokenStarts = Callable[[str], NDArray[np.int64]]


def build_token_starts(tokenizer: Any) -> TokenStarts:
    """Return a function that gives the offset at which each token of a text starts, special tokens left out.

    Args:
        tokenizer: A `tokenizers.Tokenizer`, or a fast or slow tokenizer of transformers.
    """
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        return lambda text: _align(tokenizer, text)
    # A copy of its own: truncation and padding are state of the tokenizer, and encoding changes it meanwhile.
    whole = type(backend).from_str(backend.to_str())
    whole.no_truncation()
    whole.no_padding()

    def find(text: str) -> NDArray[np.int64]:
        offsets = whole.encode(text, add_special_tokens=False).offsets
        return np.maximum.accumulate(np.array([start for start, _ in offsets], dtype=np.int64))

    return find


def _align(tokenizer: Any, text: str) -> NDArray[np.int64]:
    """Find the starts for a tokenizer without offsets; exactly one for each token.

    A token that cannot be found (unknown, or rewritten by the tokenizer) starts where the one before it ended, so that
    a window is rather counted as too long than as too short.
    """
    unknown = [str(tokenizer.unk_token)]
    starts = [start for start, _ in align_tokens(text, tokenizer.tokenize(text), unknown=unknown)]
    return np.minimum(np.maximum.accumulate(np.array(starts, dtype=np.int64)), max(len(text) - 1, 0))

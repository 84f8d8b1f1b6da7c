"""Where in a text the tokens of a model begin, for every kind of tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.text.normalization import normalize

_REACH = 128
"""Characters a token may lie ahead of the place reached: more than the longest word a word-piece model looks at."""

TokenStarts = Callable[[str], NDArray[np.int64]]


def build_token_starts(tokenizer: Any) -> TokenStarts:
    """Return a function that gives the offset at which each token of a text starts, special tokens left out.

    Args:
        tokenizer: A `tokenizers.Tokenizer`, or a fast or slow tokenizer of transformers.
    """
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        return lambda text: align_tokens(text, tokenizer.tokenize(text))
    # A copy of its own: truncation and padding are state of the tokenizer, and encoding changes it meanwhile.
    whole = type(backend).from_str(backend.to_str())
    whole.no_truncation()
    whole.no_padding()

    def find(text: str) -> NDArray[np.int64]:
        offsets = whole.encode(text, add_special_tokens=False).offsets
        return np.maximum.accumulate(np.array([start for start, _ in offsets], dtype=np.int64))

    return find


def align_tokens(text: str, tokens: Sequence[str]) -> NDArray[np.int64]:
    """Find where in `text` each of the `tokens` starts that a tokenizer without offsets made of it.

    There is exactly one start for each token. A token that cannot be found (unknown, or rewritten by the tokenizer)
    starts where the one before it ended, so that a window is rather counted as too long than as too short.
    """
    folded = normalize(text)
    characters = "".join(map(_lower, folded.text))
    starts = np.empty(len(tokens), dtype=np.int64)
    place = 0
    for number, token in enumerate(tokens):
        surface = "".join(map(_lower, normalize(_strip_marks(token)).text))
        found = characters.find(surface, place, place + _REACH + len(surface)) if surface else -1
        if found >= 0:
            place = found
        while place < len(characters) and characters[place].isspace():
            place += 1
        starts[number] = min(place, max(len(characters) - 1, 0))
        if found >= 0:
            place = found + len(surface)
    if not len(starts):
        return starts
    return np.array([folded.to_source(int(start), int(start) + 1)[0] for start in starts], dtype=np.int64)


def _strip_marks(token: str) -> str:
    """Take off what tokenizers add: "##" before the rest of a word, "▁" for a space."""
    return token.removeprefix("##").replace("▁", "")


def _lower(character: str) -> str:
    # One for one: the lower case of "İ" is two characters.
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character

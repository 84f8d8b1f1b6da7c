"""A text as the reader's tokens, each with its place and borders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.reading.borders import find_borders
from rag.text.alignment import align_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """Token ids with their places: `text[starts[i]:ends[i]]`, code points, free of outer white space.

    A token that stands for white space alone is empty: `starts[i] == ends[i]`. `opens` and `closes` are those of
    `find_borders`. Shape of each: (tokens,).
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]


def tokenize_text(tokenizer: PreTrainedTokenizerBase, text: str, *, special: bool = False) -> TokenizedText:
    """Cut a text into tokens and find the place and borders of each; see `locate_tokens`."""
    ids, starts, ends = locate_tokens(tokenizer, text, special=special)
    opens, closes = find_borders(text, starts, ends)
    return TokenizedText(ids, starts, ends, opens, closes)


def locate_tokens(
    tokenizer: PreTrainedTokenizerBase, text: str, *, special: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut a text into tokens and find the place of each.

    What looks like a special token in the text is plain text, unless `special` says that it is one.

    Returns:
        Ids, starts and ends as in `TokenizedText`. Shape of each: (tokens,).
    """
    readable = _SURROGATE.sub("\ufffd", text)  # half a character is refused by every tokenizer in Rust or C++
    encoded = tokenizer(
        readable,
        add_special_tokens=False,
        return_offsets_mapping=tokenizer.is_fast,
        return_attention_mask=False,
        split_special_tokens=not special,
        verbose=False,
    )
    ids: list[int] = encoded["input_ids"]
    if tokenizer.is_fast:
        places = encoded["offset_mapping"]
    else:
        unknown = {tokenizer.unk_token} - {None}
        places = align_tokens(readable, tokenizer.convert_ids_to_tokens(ids), unknown=unknown)
    trimmed = np.array([_trim(text, start, end) for start, end in places], dtype=np.int64).reshape(-1, 2)
    return np.array(ids, dtype=np.int64), trimmed[:, 0], trimmed[:, 1]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end

"""Tokenizers of every kind behind one face: subwords of a model, subwords learnt on the spot, morphemes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError
from rag.evaluation.trained_tokenizers import LARGEST_VOCABULARY, train_tokenizer
from rag.models.shipped import locate_model
from rag.reading.alignment import locate_tokens
from rag.reading.loading import load_tokenizer
from rag.text.morphology import analyze, count_dictionary_words

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Algorithm = Literal["bpe", "byte_bpe", "unigram", "wordpiece", "words", "characters", "morphemes", "other"]

MORPHEMES = "morphemes"
"""Name of the morphemes among tokenizers."""

_TRAINED = re.compile(r"(bpe|wordpiece|unigram):(\d+)")
_BACKENDS: dict[str, Algorithm] = {"BPE": "bpe", "Unigram": "unigram", "WordPiece": "wordpiece", "WordLevel": "words"}
_SUBWORDS: dict[str, Algorithm] = {"wordpiece": "wordpiece", "character": "characters"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Places of the tokens of a text: token `i` is `text[starts[i]:ends[i]]`, code points, free of outer white space.

    A token of white space alone is empty. Tokens that stand for parts of one character, such as bytes, share its place.
    `unknown` is true for those the vocabulary does not hold. Shape of each: (tokens,).
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    unknown: NDArray[np.bool_]


class TextTokenizer(Protocol):
    """Cuts texts into tokens; `vocabulary` is the number of different tokens it knows."""

    @property
    def name(self) -> str: ...  # noqa: D102 - described above

    @property
    def algorithm(self) -> Algorithm: ...  # noqa: D102

    @property
    def vocabulary(self) -> int: ...  # noqa: D102

    def tokenize(self, text: str) -> Tokens:
        """Cut a text into tokens with their places; special tokens are not added."""
        ...


class SubwordTokenizer:
    """A Hugging Face tokenizer, fast or slow."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, name: str) -> None:
        self.name = name
        self.algorithm = find_algorithm(tokenizer)
        self.vocabulary = len(tokenizer)
        self._tokenizer = tokenizer

    def tokenize(self, text: str) -> Tokens:
        """Cut a text into tokens with their places; special tokens are not added."""
        ids, starts, ends = locate_tokens(self._tokenizer, text)
        unknown = self._tokenizer.unk_token_id
        return Tokens(starts, ends, np.full(len(ids), False) if unknown is None else ids == unknown)


class MorphemeTokenizer:
    """MeCab with UniDic; a word the dictionary does not hold counts as unknown, though its place is known."""

    name = MORPHEMES
    algorithm: Algorithm = "morphemes"

    def __init__(self) -> None:
        self.vocabulary = count_dictionary_words()

    def tokenize(self, text: str) -> Tokens:
        """Cut a text into morphemes with their places."""
        morphemes = analyze(text)
        return Tokens(
            np.array([morpheme.start for morpheme in morphemes], dtype=np.int64),
            np.array([morpheme.end for morpheme in morphemes], dtype=np.int64),
            np.array([not morpheme.known for morpheme in morphemes], dtype=np.bool_),
        )


def open_tokenizer(name: str, *, texts: Iterable[str], fetch: bool = True) -> TextTokenizer:
    """Open a tokenizer by name.

    Args:
        name: "morphemes"; "bpe:N", "wordpiece:N" or "unigram:N" for one of N tokens that is trained now; else a name
            at the Hugging Face hub, a folder, or a shipped model.
        texts: What a tokenizer to be trained learns from; not read for others.
        fetch: Whether the hub may be asked.

    Raises:
        ArgumentError: A tokenizer is to be trained with too large a vocabulary, or on no text.
        ModelError: The tokenizer cannot be loaded.
    """
    if name == MORPHEMES:
        return MorphemeTokenizer()
    trained = _TRAINED.fullmatch(name)
    if trained is None:
        return SubwordTokenizer(load_tokenizer(locate_model(name), fetch=fetch), name=name)
    kind, size = trained.groups()
    if not 0 < int(size) <= LARGEST_VOCABULARY:
        raise ArgumentError(
            f"{name}: 語彙の大きさは 1 から {LARGEST_VOCABULARY} で指定してください / expected a vocabulary of 1 to "
            f"{LARGEST_VOCABULARY} tokens, such as {kind}:4000"
        )
    return SubwordTokenizer(train_tokenizer(kind, int(size), texts), name=name)


def find_algorithm(tokenizer: PreTrainedTokenizerBase) -> Algorithm:
    """Tell by which algorithm a Hugging Face tokenizer cuts words; "other" where it does not say."""
    if not tokenizer.is_fast:
        return _SUBWORDS.get(getattr(tokenizer, "subword_tokenizer_type", ""), "other")
    backend = tokenizer.backend_tokenizer
    algorithm = _BACKENDS.get(type(backend.model).__name__, "other")
    in_bytes = "ByteLevel" in f"{backend.pre_tokenizer!r}{backend.normalizer!r}"
    return "byte_bpe" if algorithm == "bpe" and in_bytes else algorithm

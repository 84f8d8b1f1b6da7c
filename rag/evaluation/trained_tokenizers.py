"""Small tokenizers trained on the spot, alike in all but the algorithm, so that algorithms can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ArgumentError
from rag.models.shipped import READER, locate_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.trainers import Trainer
    from transformers import PreTrainedTokenizerBase

LARGEST_VOCABULARY = 64_000
LONGEST_TRAINING = 1_000_000
"""Characters learnt from; more would keep people waiting."""
UNKNOWN = "[UNK]"


def train_tokenizer(kind: str, size: int, texts: Iterable[str]) -> PreTrainedTokenizerBase:
    """Train a tokenizer with the normaliser and the pre-tokenizer of the shipped one.

    Args:
        kind: "bpe", "wordpiece" or "unigram".
        size: Tokens it may know; it knows fewer where the texts do not hold so many, and more where they hold more
            different characters.
        texts: What it learns from, as far as the first million characters.

    Raises:
        ArgumentError: The texts hold nothing but white space.
    """
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    lines = list(_read_lines(texts))
    if not lines:
        raise ArgumentError(
            f"{kind}:{size}: 学習する文章がありません。文書を加えてください / there is no text to learn from; expected "
            "documents with text: add some"
        )
    shipped = Tokenizer.from_file(str(Path(locate_model(READER)) / "tokenizer.json"))
    tokenizer, trainer = _build(kind, size)
    tokenizer.normalizer, tokenizer.pre_tokenizer = shipped.normalizer, shipped.pre_tokenizer
    tokenizer.train_from_iterator(lines, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=UNKNOWN)


def _build(kind: str, size: int) -> tuple[Tokenizer, Trainer]:
    from tokenizers import Tokenizer, models, trainers

    special = [UNKNOWN]
    if kind == "bpe":
        bpe = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False)
        return Tokenizer(models.BPE(unk_token=UNKNOWN)), bpe
    if kind == "wordpiece":
        pieces = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
        return Tokenizer(models.WordPiece(unk_token=UNKNOWN)), pieces
    unigram = trainers.UnigramTrainer(vocab_size=size, special_tokens=special, unk_token=UNKNOWN, show_progress=False)
    return Tokenizer(models.Unigram()), unigram


def _read_lines(texts: Iterable[str]) -> Iterator[str]:
    left = LONGEST_TRAINING
    for text in texts:
        yield from (line for line in text[:left].splitlines() if line.strip())
        left -= len(text)
        if left <= 0:
            return

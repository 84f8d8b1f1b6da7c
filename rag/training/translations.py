"""Sentences and their English translations: what means the same is said with other words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

TEXTS = 20_000
"""Sentences tokenised together."""
JAPANESE, ENGLISH = 100, 300
"""Most characters of a sentence that are read."""


@dataclass(frozen=True, slots=True)
class Translations:
    """Pairs of sentences as token ids, and a vector for every English piece. Shape: (English vocabulary, dimension)."""

    japanese: list[list[int]]
    english: list[list[int]]
    table: torch.Tensor

    def draw(self, count: int, *, seed: str) -> tuple[list[list[int]], list[list[int]]]:
        """Draw at most `count` pairs; equal seeds draw equal pairs."""
        chosen = random.Random(seed).sample(range(len(self.japanese)), min(count, len(self.japanese)))
        return [self.japanese[place] for place in chosen], [self.english[place] for place in chosen]


def tokenize_pairs(
    pairs: Sequence[tuple[str, str]], japanese: PreTrainedTokenizerFast, english: PreTrainedTokenizerFast
) -> tuple[list[list[int]], list[list[int]]]:
    """Cut (Japanese, English) sentences into pieces; pairs of which one side has none are left out."""
    ours: list[list[int]] = []
    theirs: list[list[int]] = []
    for first in range(0, len(pairs), TEXTS):
        part = pairs[first : first + TEXTS]
        ours += japanese([text[:JAPANESE] for text, _ in part], add_special_tokens=False)["input_ids"]
        theirs += english([text[:ENGLISH] for _, text in part], add_special_tokens=False)["input_ids"]
    kept = [place for place in range(len(ours)) if ours[place] and theirs[place]]
    return [ours[place] for place in kept], [theirs[place] for place in kept]

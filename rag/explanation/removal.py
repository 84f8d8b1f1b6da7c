"""Removal check: what happens to an answer when the text it was explained by is taken away."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from rag.explanation.ablation import Ablation
from rag.explanation.case import Case
from rag.explanation.explanation import Removal, ScoredSpan


@dataclass(frozen=True, slots=True)
class Depth:
    """What a check costs: random removals averaged, and sentences left out one by one."""

    draws: int
    singles: int


QUICK = Depth(draws=3, singles=6)
"""At most about twice the time of the answer."""
THOROUGH = Depth(draws=10, singles=1000)
"""Every sentence by itself, as good as always."""


def measure_removal(
    case: Case,
    sentences: Sequence[ScoredSpan],
    *,
    remove: int = 3,
    draws: int = QUICK.draws,
    singles: int = QUICK.singles,
    seed: int = 0,
    include_answer_sentence: bool = True,
) -> Removal | None:
    """Measure how far an answer's log-probability falls without the sentences that an explanation names.

    Of the sentence that holds the answer only the rest is removed. The random draws come from the same sentences, the
    named ones included. With too few sentences to leave a choice, fewer are removed. Besides, single sentences are
    left out, half of them those with the best scores and half drawn from the others, to see whether scores and effects
    go the same way. It costs about 1 + `draws` + `singles` windows.

    Args:
        case: The answer.
        sentences: All sentences of the passages with their scores.
        remove: Number of sentences removed together.
        draws: Number of random removals averaged.
        singles: Number of sentences left out one by one; 0 leaves the agreement out.
        seed: Of the random choices.
        include_answer_sentence: Whether the sentence that holds the answer is among the candidates.

    Returns:
        The fall of the log-probability, or None with fewer than two candidates, or with `remove` or `draws` 0.
    """
    held = case.holds_answer(sentences)
    candidates = [i for i, holds in enumerate(held) if include_answer_sentence or not holds]
    count = min(remove, len(candidates) - 1)
    if count < 1 or draws < 1:
        return None
    ordered = sorted(candidates, key=lambda i: -sentences[i].score)
    chooser = random.Random(seed)
    drawn = [chooser.sample(candidates, count) for _ in range(draws)]
    alone = ordered[: (singles + 1) // 2]
    rest = ordered[len(alone) :]
    alone = alone + chooser.sample(rest, min(singles - len(alone), len(rest)))
    groups = [[], ordered[:count], *drawn, *([i] for i in alone)]
    removed = np.zeros((len(groups), len(sentences)), dtype=bool)
    for mask, group in zip(removed, groups, strict=True):
        mask[group] = True
    whole, without, *others = Ablation(case, sentences).measure(removed).tolist()
    effects = [whole - other for other in others[draws:]]
    return Removal(
        attended=whole - without,
        random=fmean(whole - other for other in others[:draws]),
        removed=tuple(sentences[i] for i in ordered[:count]),
        agreement=rank_agreement([sentences[i].score for i in alone], effects),
    )


def rank_agreement(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Kendall's τ-b of two rankings, -1 to 1; None where one of them does not tell its members apart."""
    from scipy.stats import kendalltau

    if len(first) < 2:
        return None
    value = float(kendalltau(first, second).statistic)
    return None if math.isnan(value) else value

"""Whether a difference may be chance, also where many were looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.errors import ArgumentError

DRAWS = 10_000
CHUNK = 1_000
"""Draws made at once: all of them would take draws × pairs numbers."""


def paired_probability(first: Sequence[float], second: Sequence[float], *, draws: int = DRAWS, seed: int = 0) -> float:
    """Return the probability of a mean difference of this size or more, either way, if it were chance which is which.

    By random flips of the signs of the differences (a paired randomization test); the data itself counts as one draw,
    so that the probability is never 0.

    Raises:
        ArgumentError: The two do not have the same, non-zero number of values.
    """
    if len(first) != len(second) or not first:
        raise ArgumentError(
            f"{len(first)} and {len(second)} values cannot be paired; expected as many of the one as of the other, "
            "at least one, in the same order"
        )
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    differences = differences[differences != 0]
    observed = abs(differences.sum()) - 1e-9
    generator = np.random.default_rng(seed)
    reached = 0
    for begin in range(0, draws, CHUNK):
        signs = generator.integers(2, size=(min(CHUNK, draws - begin), len(differences))) * 2 - 1
        reached += int((np.abs(signs @ differences) >= observed).sum())
    return (1 + reached) / (1 + draws)


def adjust_probabilities(probabilities: Sequence[float]) -> list[float]:
    """Raise probabilities so that, of all differences called real below a bound, one is chance no more often than that.

    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    order = sorted(range(len(probabilities)), key=lambda place: probabilities[place])
    adjusted = [0.0] * len(probabilities)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * probabilities[place]))
        adjusted[place] = highest
    return adjusted

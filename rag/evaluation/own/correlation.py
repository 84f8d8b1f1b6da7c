"""Whether two measurements put settings in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError

DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rank correlation of two measurements: Spearman's ρ and Kendall's τ-b, None where one of them is constant.

    `low` and `high` are the 95 % bootstrap interval of ρ over the questions of both sides; None where no draw has one.
    """

    spearman: float | None
    kendall: float | None
    low: float | None
    high: float | None


def compare_orders(
    first: Sequence[Sequence[float]], second: Sequence[Sequence[float]], *, seed: int = 0, draws: int = DRAWS
) -> Agreement:
    """Compare the order that the means of two sets of questions put the same settings in.

    Args:
        first: Shape: (settings, questions of the first set).
        second: Shape: (settings, questions of the second set).
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Raises:
        ArgumentError: The settings are fewer than two or not the same number, or there is no question.
    """
    own, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if len(own) != len(other) or len(own) < 2 or not own.size or not other.size:
        raise ArgumentError(
            f"{own.shape} and {other.shape} measurements cannot be compared; expected two settings at least, the same "
            "on both sides, and a question at least"
        )
    generator = np.random.default_rng(seed)
    drawn = [
        value
        for _ in range(draws)
        if (value := correlate_ranks(_draw(own, generator), _draw(other, generator))) is not None
    ]
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist() if drawn else (None, None)
    means = own.mean(axis=1), other.mean(axis=1)
    return Agreement(correlate_ranks(*means), count_pairs(*means), low, high)


def correlate_ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Return Spearman's ρ, ties at their mean rank; None where a side is constant."""
    from scipy.stats import rankdata

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def count_pairs(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Return Kendall's τ-b; None where a side is constant."""
    from scipy.stats import kendalltau

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(kendalltau(first, second).statistic)


def _draw(values: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    chosen = generator.integers(values.shape[1], size=values.shape[1])
    means: NDArray[np.float64] = values[:, chosen].mean(axis=1)
    return means

"""Whether two conditions differ, question by question, and how many comparisons were made to find that out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from rag.errors import ArgumentError

EXACT_UP_TO = 14
"""Questions that differ up to which every pattern of signs is tried."""
DRAWS = 20_000
_TOLERANCE = 1e-9


def flip_signs(differences: Sequence[float], *, draws: int = DRAWS, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired permutation test: were both conditions alike, each sign were a coin's.

    Questions without a difference stay as they are under every pattern. With few others all patterns are tried; with
    many, `draws` of them are drawn and what was seen counts as one more, so that p is never 0 (Phipson and Smyth 2010).

    Source: Fisher 1935, The Design of Experiments, section 21.

    Raises:
        ArgumentError: There is no difference at all to judge by.
    """
    if not len(differences):
        raise ArgumentError("no questions to compare; expected at least one that both conditions answered")
    values = np.asarray([each for each in differences if each], dtype=np.float64)
    if not len(values):
        return 1.0
    seen = abs(values.sum()) * (1 - _TOLERANCE)
    if len(values) <= EXACT_UP_TO:
        sums = np.array(list(product((-1.0, 1.0), repeat=len(values)))) @ values
        return float((np.abs(sums) >= seen).mean())
    generator = np.random.default_rng(seed)
    reached = 0
    for first in range(0, draws, 1000):  # all at once would take draws × questions numbers
        signs = generator.integers(0, 2, size=(min(1000, draws - first), len(values)), dtype=np.int8) * 2.0 - 1.0
        reached += int((np.abs(signs @ values) >= seen).sum())
    return (reached + 1) / (draws + 1)


def correct_holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number: below 0.05, all such findings hold together with 95 % certainty.

    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, number in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[number]))
        corrected[number] = highest
    return corrected

"""Methods that take text away and read again: dependable and slow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.explanation.ablation import Ablation
from rag.explanation.case import Case
from rag.explanation.explanation import Manner, ScoredSpan

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Fall of the answer's log-probability without each unit by itself, in nats: the reference."""

    manner: Manner = "delete"
    name: str = "removal"
    fine: bool = False

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Read the text again without each unit."""
        return Ablation(case, units, manner=self.manner).leave_out_each()


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A sparse linear model of the log-probability under `draws` random removals of half of the units.

    Source: Cohen-Wang et al. 2024, ContextCite.
    """

    draws: int = 32
    seed: int = 0
    penalty: float = 0.02
    manner: Manner = "delete"
    name: str = "surrogate"
    fine: bool = False

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Fit the model; its weight of a unit is its score."""
        from sklearn.linear_model import Lasso

        removed = draw_masks(len(units), draws=self.draws, seed=self.seed)
        measured = Ablation(case, units, manner=self.manner).measure(removed)
        scale = float(measured.std()) or 1.0
        model = Lasso(alpha=self.penalty, max_iter=10_000).fit((~removed).astype(np.float64), measured / scale)
        scores: Floats = model.coef_ * scale
        return scores


def draw_masks(size: int, *, draws: int, seed: int) -> NDArray[np.bool_]:
    """Draw which units are taken away, each with probability one half. Shape: (draws, size)."""
    return np.random.default_rng(seed).random((draws, size)) < 0.5

"""p-values against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from rag.evaluation.significance import flip_signs

FEW = [0.4, -0.1, 0.3, 0.25, 0.0, -0.05, 0.6, 0.0, 0.2]


def ask_scipy(differences: list[float], resamples: float) -> float:
    found = permutation_test(
        (np.array(differences), np.zeros(len(differences))),
        lambda one, other, axis: np.mean(one - other, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(3),
    )
    return float(found.pvalue)


def test_few_questions_are_judged_exactly_as_scipy_does() -> None:
    assert flip_signs(FEW) == pytest.approx(ask_scipy(FEW, np.inf))


def test_many_questions_are_judged_nearly_so() -> None:
    many = np.random.default_rng(1).normal(0.15, 1.0, size=120).tolist()
    assert flip_signs(many) == pytest.approx(ask_scipy(many, 20_000), abs=0.015)

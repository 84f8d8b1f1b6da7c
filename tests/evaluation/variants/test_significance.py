"""p-values against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from rag.errors import ArgumentError
from rag.evaluation.variants.significance import correct_holm, flip_signs

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
    assert flip_signs(many) == flip_signs(many)


def test_by_hand() -> None:
    assert flip_signs([1.0, 1.0, 1.0]) == 0.25  # all three up, or all three down, of eight patterns
    assert flip_signs([0.0, 1.0, 0.0, 1.0, 1.0]) == 0.25
    assert flip_signs([0.0, 0.0]) == 1.0
    assert flip_signs([1.0] * 40, draws=1000) == pytest.approx(1 / 1001)
    with pytest.raises(ArgumentError, match="no questions to compare"):
        flip_signs([])


def test_holm_by_hand() -> None:
    assert correct_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_holm([0.9, 0.8]) == [1.0, 1.0]
    assert correct_holm([]) == []

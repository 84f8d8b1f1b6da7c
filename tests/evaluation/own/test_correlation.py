"""Orders of settings compared."""

from __future__ import annotations

import pytest

from rag.errors import ArgumentError
from rag.evaluation.own.correlation import compare_orders


def build(means: list[float], *, questions: int = 20) -> list[list[float]]:
    """Return answers, right or wrong, that have these means."""
    return [[float(number < mean * questions) for number in range(questions)] for mean in means]


@pytest.mark.parametrize(
    ("own", "labelled", "spearman", "kendall"),
    [
        ([0.5, 0.6, 0.7, 0.9], [0.1, 0.2, 0.3, 0.4], 1.0, 1.0),
        ([0.9, 0.7, 0.6, 0.5], [0.1, 0.2, 0.3, 0.4], -1.0, -1.0),
        ([0.5, 0.6, 0.7, 0.9], [0.1, 0.3, 0.2, 0.4], 0.8, 4 / 6),
        ([0.5, 0.5, 0.7, 0.9], [0.1, 0.2, 0.3, 0.4], 0.948683298, 5 / (6 * 5) ** 0.5),  # ties
    ],
)
def test_coefficients(own: list[float], labelled: list[float], spearman: float, kendall: float) -> None:
    found = compare_orders(build(own), build(labelled), draws=50)
    assert found.spearman == pytest.approx(spearman)
    assert found.kendall == pytest.approx(kendall)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.high


def test_the_interval_is_that_of_the_questions() -> None:
    sure = compare_orders(build([0.1, 0.5, 0.9], questions=1000), build([0.1, 0.5, 0.9], questions=1000), draws=50)
    assert (sure.low, sure.high) == (pytest.approx(1.0), pytest.approx(1.0))
    close = build([0.5, 0.55, 0.6]), build([0.5, 0.55, 0.6])
    assert compare_orders(*close, draws=50) == compare_orders(*close, draws=50)


def test_settings_that_are_all_equal_have_no_order() -> None:
    found = compare_orders(build([1.0, 1.0]), build([0.1, 0.2]), draws=10)
    assert (found.spearman, found.kendall, found.low, found.high) == (None, None, None, None)


def test_different_settings_are_refused() -> None:
    with pytest.raises(ArgumentError, match="the same on both sides"):
        compare_orders(build([0.1, 0.2]), build([0.1, 0.2, 0.3]))

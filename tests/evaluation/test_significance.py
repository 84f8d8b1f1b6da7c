"""Whether a difference may be chance."""

from __future__ import annotations

import pytest

from rag.errors import ArgumentError
from rag.evaluation.significance import correct_holm, flip_signs


def test_equal_values_are_chance() -> None:
    assert flip_signs([0.0, 0.0]) == 1.0


def test_the_probability_is_that_of_all_flips_of_signs() -> None:
    # Of 2 ** 5 ways to flip five equal differences, two have a mean of this size.
    assert flip_signs([1.0] * 5 + [0.0] * 4) == pytest.approx(2 / 32)
    # 1, 1, 1, -1: sums of 2 and more come of 10 of 16 ways.
    assert flip_signs([1, 1, 1, -1]) == pytest.approx(10 / 16)


def test_of_many_flips_some_are_drawn_the_same_each_time() -> None:
    differences = [1.0] * 12 + [-1.0] * 6  # 0.2379 of all ways, by the binomial distribution
    assert flip_signs(differences) == flip_signs(differences) == pytest.approx(0.2379, abs=0.01)
    assert flip_signs([1.0] * 40) == 1 / 20_001


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(ArgumentError, match="no questions to compare"):
        flip_signs([])


@pytest.mark.parametrize(
    ("probabilities", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.001, 0.9], [1.0, 0.003, 1.0]),
    ],
)
def test_holm(probabilities: list[float], adjusted: list[float]) -> None:
    assert correct_holm(probabilities) == pytest.approx(adjusted)

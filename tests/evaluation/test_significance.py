"""Whether a difference may be chance."""

from __future__ import annotations

import pytest

from rag.errors import ArgumentError
from rag.evaluation.significance import adjust_probabilities, paired_probability


def test_equal_values_are_chance() -> None:
    assert paired_probability([0.5, 1.0], [0.5, 1.0]) == 1.0


def test_the_probability_is_that_of_all_flips_of_signs() -> None:
    # Of 2 ** 5 ways to flip five equal differences, two have a mean of this size.
    found = paired_probability([1.0] * 5 + [0.0] * 4, [0.0] * 9)
    assert found == pytest.approx(2 / 32, abs=0.01)
    # 1, 1, 1, -1: sums of 2 and more come of 10 of 16 ways.
    assert paired_probability([1, 1, 1, 0], [0, 0, 0, 1]) == pytest.approx(10 / 16, abs=0.02)


def test_it_is_the_same_each_time_and_either_way() -> None:
    first, second = [0.1, 0.7, 0.4, 0.9, 0.3], [0.2, 0.1, 0.3, 0.2, 0.6]
    assert paired_probability(first, second) == paired_probability(first, second)
    assert paired_probability(first, second) == paired_probability(second, first)


def test_what_cannot_be_paired_is_refused() -> None:
    with pytest.raises(ArgumentError, match="2 and 1 values cannot be paired"):
        paired_probability([1.0, 2.0], [1.0])


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
    assert adjust_probabilities(probabilities) == pytest.approx(adjusted)

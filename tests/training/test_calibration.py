"""The threshold of "no answer": where saying so scores best."""

from __future__ import annotations

import pytest

from rag.reading.calibration import Calibration, LogisticMap
from rag.training.calibration import Case, choose_threshold

MAP = LogisticMap(0.0, {"answerability": -1.0})


def build_cases(*outcomes: tuple[float, float | None]) -> list[Case]:
    """Build cases from answerability and F1, None where there is no answer."""
    return [
        Case(answerability, 0.0, present=f1 is not None, f1=0.0 if f1 is None else f1) for answerability, f1 in outcomes
    ]


def refuses(cases: list[Case]) -> list[bool]:
    threshold = choose_threshold(cases, Calibration(no_answer=MAP))
    return [MAP.apply(case.features) > threshold for case in cases]


@pytest.mark.parametrize(
    ("outcomes", "refused"),
    [
        pytest.param([(3.0, 1.0), (1.0, 0.8), (-1.0, None), (-3.0, None)], [False, False, True, True], id="parted"),
        pytest.param([(3.0, 0.6), (1.0, None), (-1.0, 0.7)], [False, True, True], id="between-two-answers"),
        pytest.param([(3.0, 0.6), (1.0, None), (-1.0, 1.0), (-2.0, 1.0)], [False] * 4, id="answers-outweigh"),
        pytest.param([(3.0, None), (1.0, 0.9)], [True, True], id="surest-has-none"),
        pytest.param([(3.0, 0.0), (1.0, 0.0)], [True, True], id="nothing-gained"),
    ],
)
def test_threshold_scores_best(outcomes: list[tuple[float, float | None]], refused: list[bool]) -> None:
    assert refuses(build_cases(*outcomes)) == refused


def test_without_a_map_the_threshold_stays() -> None:
    assert choose_threshold(build_cases((1.0, 1.0)), Calibration(no_answer_threshold=0.7)) == 0.7

"""From scores to probabilities: judging, fitting, and the file they are kept in."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ArgumentError, ModelError
from rag.reading.calibration import (
    MOST_MARGIN,
    Calibration,
    Evidence,
    Judgement,
    LogisticMap,
    fit_calibration,
    load_calibration,
)

LEVEL = LogisticMap(0.0, {})
"""Says one half whatever it sees."""


@pytest.mark.parametrize(
    ("bias", "weights", "features", "expected"),
    [
        (0.0, {"a": 1.0}, {"a": math.log(3)}, 0.75),
        (math.log(3), {}, {"a": 99.0}, 0.75),
        (1.0, {"a": 2.0, "b": -3.0}, {"a": 4.0, "b": 3.0, "c": 99.0}, 0.5),
        (0.0, {"a": 1.0}, {"a": -5000.0}, 0.0),
        (0.0, {"a": 1.0}, {"a": 5000.0}, 1.0),
    ],
)
def test_logistic_map(bias: float, weights: dict[str, float], features: dict[str, float], expected: float) -> None:
    assert LogisticMap(bias, weights).apply(features) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("calibration", "best", "null", "expected"),
    [
        pytest.param(Calibration(), 0.6, 0.2, (False, 0.6, math.log(3)), id="probabilities themselves"),
        pytest.param(Calibration(), 0.3, 0.6, (True, 0.6, -math.log(2)), id="no answer"),
        pytest.param(Calibration(), 0.5, 0.5, (False, 0.5, 0), id="at the threshold"),
        pytest.param(Calibration(no_answer_threshold=0.9), 0.1, 0.8, (False, 0.1, -math.log(8)), id="threshold"),
        pytest.param(Calibration(confidence=LEVEL), 0.6, 0.2, (False, 0.5, math.log(3)), id="confidence"),
        pytest.param(
            Calibration(confidence=LEVEL), 0.2, 0.6, (True, 0.6, -math.log(3)), id="confidence is of the span"
        ),
        pytest.param(Calibration(no_answer=LEVEL), 0.1, 0.9, (False, 0.1, 0), id="no answer judged by its map"),
        pytest.param(
            Calibration(no_answer=LogisticMap(0.0, {"answerability": -1.0})),
            0.2,
            0.6,
            (True, 0.75, -math.log(3)),
            id="log-odds",
        ),
        pytest.param(
            Calibration(confidence=LogisticMap(0.0, {"log_probability": 1.0})),
            0.5,
            0.1,
            (False, 1 / 3, math.log(5)),
            id="log",
        ),
        pytest.param(
            Calibration(no_answer=LogisticMap(8.0, {"score": -1.5, "margin": -0.5})),
            0.4,
            0.1,
            (True, 1 / (1 + math.exp(-0.5)), -0.5),
            id="score and margin",
        ),
    ],
)
def test_judge(calibration: Calibration, best: float, null: float, expected: tuple[bool, float, float]) -> None:
    judgement = calibration.judge(Evidence(math.log(best), math.log(null), score=4.0, margin=3.0))
    no_answer, confidence, answerability = expected
    assert judgement == Judgement(no_answer, pytest.approx(confidence), pytest.approx(answerability))


def test_a_best_span_without_a_rival_is_no_surer_than_one_far_above() -> None:
    assert Evidence(0.0, 0.0, 0.0, math.inf).features["margin"] == MOST_MARGIN


@pytest.mark.parametrize(
    "calibration",
    [
        Calibration(),
        Calibration(2.5, 0.7),
        Calibration(1.5, 0.9, confidence=LogisticMap(0.25, {"answerability": 1.5, "log_probability": -0.5})),
        Calibration(1.0, 0.5, LogisticMap(-1.0, {"log_probability": 2.0}), LogisticMap(3.0, {"answerability": -1.0})),
        Calibration(1.0, 0.5, no_answer=LogisticMap(2.0, {"score": -0.25, "margin": -0.125})),
    ],
    ids=["defaults", "numbers", "one map", "two maps", "score and margin"],
)
def test_what_was_saved_is_loaded(tmp_path: Path, calibration: Calibration) -> None:
    calibration.save(tmp_path)
    assert load_calibration(tmp_path) == calibration


def test_without_a_file_scores_stay_as_they_are(tmp_path: Path) -> None:
    assert load_calibration(tmp_path) == Calibration()
    assert load_calibration(tmp_path / "nowhere") == Calibration()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a calibration"),
        ("[]", "not a calibration"),
        ("3", "not a calibration"),
        ("null", "not a calibration"),
        ('"confidence"', "not a calibration"),
        (b"\xff\xfe", "not a calibration"),
        ({"temprature": 2}, r"unknown entries \['temprature'\]"),
        ({"temperature": "warm"}, "could not convert string to float: 'warm'"),
        ({"temperature": None}, "not a calibration"),
        ({"temperature": math.nan}, "nan is no finite number"),
        ({"temperature": math.inf}, "inf is no finite number"),
        ({"temperature": 0}, "temperature is 0.0; expected more than 0"),
        ({"temperature": -1}, "temperature is -1.0; expected more than 0"),
        ({"no_answer_threshold": []}, "not a calibration"),
        ({"confidence": 3}, "not a calibration"),
        ({"confidence": {"answerability": 1}}, "'bias'"),
        ({"confidence": {"bias": 0, "length": 1}}, r"unknown features \['length'\]"),
        ({"no_answer": {"bias": math.nan}}, "nan is no finite number"),
    ],
    ids=str,
)
def test_a_damaged_file_is_named(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "calibration.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelError, match=message) as caught:
        load_calibration(tmp_path)
    assert str(path) in str(caught.value)


def test_fitting_finds_the_share_of_right_cases() -> None:
    scores = np.array([[0.0]] * 8 + [[1.0]] * 8)
    correct = [True] * 2 + [False] * 6 + [True] * 6 + [False] * 2
    fitted = fit_calibration(scores, correct, names=["answerability"])
    assert fitted.apply({"answerability": 0.0}) == pytest.approx(0.25, abs=1e-3)
    assert fitted.apply({"answerability": 1.0}) == pytest.approx(0.75, abs=1e-3)


def test_fitting_finds_the_weights_the_cases_were_drawn_with() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(20_000, 2)) * [3, 1]
    chances = 1 / (1 + np.exp(-(0.5 + scores @ [0.8, -1.5])))
    fitted = fit_calibration(scores, (generator.random(20_000) < chances).tolist(), names=["answerability", "other"])
    assert fitted.bias == pytest.approx(0.5, abs=0.1)
    assert dict(fitted.weights) == pytest.approx({"answerability": 0.8, "other": -1.5}, abs=0.1)


def test_cases_that_a_line_parts_are_fitted_with_finite_weights() -> None:
    fitted = fit_calibration(np.array([[-100.0], [-90.0], [1.0], [2.0]]), [False, False, True, True], names=["a"])
    assert fitted.apply({"a": -95.0}) < 0.01
    assert fitted.apply({"a": 2.0}) > 0.9


@pytest.mark.parametrize(
    ("scores", "correct", "message"),
    [
        (np.zeros((3, 1)), [True, False], r"scores have shape \(3, 1\); expected \(2, 1\)"),
        (np.zeros(2), [True, False], r"scores have shape \(2,\); expected \(2, 1\)"),
        (np.zeros((2, 2)), [True, False], r"scores have shape \(2, 2\); expected \(2, 1\)"),
        (np.zeros((2, 1)), [True, True], "all cases are alike"),
        (np.zeros((0, 1)), [], "all cases are alike"),
    ],
    ids=["cases", "vector", "features", "alike", "none"],
)
def test_what_cannot_be_fitted_is_named(scores: np.ndarray, correct: list[bool], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        fit_calibration(scores, correct, names=["answerability"])

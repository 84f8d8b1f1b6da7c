"""From a reader's scores to probabilities that hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError, ModelError

FILE = "calibration.json"
RIDGE = 1e-3
MOST_MARGIN = 20.0
"""Margin of a best span that has no rival."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reading says of its best span.

    `log_best`, `log_null`: log-probabilities of it and of "no answer", among everything that was read. `score`: its
    own, whatever else was read. `margin`: how far it lies above the best span elsewhere.
    """

    log_best: float
    log_null: float
    score: float
    margin: float

    @property
    def answerability(self) -> float:
        """Log-odds of the best span against "no answer"."""
        return self.log_best - self.log_null

    @property
    def features(self) -> dict[str, float]:
        """What a map may weigh, by name."""
        return {
            "answerability": self.answerability,
            "log_probability": self.log_best,
            "score": self.score,
            "margin": min(self.margin, MOST_MARGIN),
        }


FEATURES = frozenset(Evidence(0.0, 0.0, 0.0, 0.0).features)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether there is no answer, the probability that this is right, and the log-odds that there is an answer."""

    no_answer: bool
    confidence: float
    answerability: float


@dataclass(frozen=True, slots=True)
class LogisticMap:
    """Probability `1 / (1 + exp(-(bias + weights · features)))`, the features known by name."""

    bias: float
    weights: Mapping[str, float]

    def weigh(self, features: Mapping[str, float]) -> float:
        """Return the log-odds for one set of features; those without a weight are passed over."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def apply(self, features: Mapping[str, float]) -> float:
        """Return the probability for one set of features."""
        return _logistic(self.weigh(features))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a reader's scores are turned into probabilities.

    `temperature` divides the scores before they are normalised. Where the probability of "no answer" is above
    `no_answer_threshold`, the reader answers that there is none. `confidence` maps to the probability that the best
    span is right, `no_answer` to the probability that there is no answer; without them the normalised probabilities
    themselves are used. Their features are those of `Evidence`.
    """

    temperature: float = 1.0
    no_answer_threshold: float = 0.5
    confidence: LogisticMap | None = None
    no_answer: LogisticMap | None = None

    def judge(self, evidence: Evidence) -> Judgement:
        """Decide between the best span and "no answer"."""
        features = evidence.features
        if self.no_answer is None:
            absent, answerability = math.exp(evidence.log_null), evidence.answerability
        else:
            absent, answerability = self.no_answer.apply(features), -self.no_answer.weigh(features)
        if absent > self.no_answer_threshold:
            return Judgement(True, absent, answerability)
        right = math.exp(evidence.log_best) if self.confidence is None else self.confidence.apply(features)
        return Judgement(False, right, answerability)

    def save(self, folder: Path) -> None:
        """Write `calibration.json` into a model folder."""
        record: dict[str, Any] = {"temperature": self.temperature, "no_answer_threshold": self.no_answer_threshold}
        for name in ("confidence", "no_answer"):
            logistic: LogisticMap | None = getattr(self, name)
            if logistic is not None:
                record[name] = {"bias": logistic.bias, **logistic.weights}
        (folder / FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load_calibration(folder: Path) -> Calibration:
    """Read a model folder's `calibration.json`; the defaults where there is none.

    Raises:
        ModelError: The file holds something else than numbers under the known names.
    """
    path = folder / FILE
    if not path.is_file():
        return Calibration()
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        maps = {name: _load_map(record.pop(name)) for name in ("confidence", "no_answer") if name in record}
        temperature, threshold = _read(record.pop("temperature", 1)), _read(record.pop("no_answer_threshold", 0.5))
        if record:
            raise ValueError(f"unknown entries {sorted(record)}")
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ModelError(
            f"{path}: not a calibration ({error}); expected temperature, no_answer_threshold, confidence and no_answer "
            "with numbers: delete the file or fit it again"
        ) from error
    if not temperature > 0:
        raise ModelError(f"{path}: temperature is {temperature}; expected more than 0: correct the file")
    return Calibration(temperature, threshold, maps.get("confidence"), maps.get("no_answer"))


def _load_map(record: Mapping[str, float]) -> LogisticMap:
    weights = {name: _read(value) for name, value in record.items()}
    unknown = weights.keys() - FEATURES - {"bias"}
    if unknown:
        raise ValueError(f"unknown features {sorted(unknown)}")
    return LogisticMap(weights.pop("bias"), weights)


def _read(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no finite number")
    return number


def fit_calibration(
    scores: NDArray[np.float64],
    correct: Sequence[bool],
    *,
    names: Sequence[str],
    weights: NDArray[np.float64] | None = None,
) -> LogisticMap:
    """Fit a logistic map by Newton's method.

    Args:
        scores: Features of each case. Shape: (cases, features).
        correct: Whether each case was right.
        names: Name of each feature.
        weights: What each case counts, as one alone counts 1; all alike when None. Shape: (cases,).

    Raises:
        ArgumentError: The shapes do not fit, or all cases are alike, so that nothing can be fitted.
    """
    targets = np.asarray(correct, dtype=np.float64)
    table = np.asarray(scores, dtype=np.float64)
    if table.shape != (len(targets), len(names)):
        raise ArgumentError(f"scores have shape {table.shape}; expected ({len(targets)}, {len(names)}): one row a case")
    if len(set(targets.tolist())) < 2:
        raise ArgumentError("all cases are alike; expected right and wrong ones: fit on more questions")
    design = np.column_stack([np.ones(len(targets)), table])
    counts = np.ones(len(targets)) if weights is None else weights
    fitted = np.zeros(design.shape[1])
    for _ in range(100):
        probabilities = 1 / (1 + np.exp(-np.clip(design @ fitted, -50, 50)))
        gradient = design.T @ (counts * (targets - probabilities)) - RIDGE * fitted
        curvature = (design * (counts * probabilities * (1 - probabilities))[:, None]).T @ design
        step = np.linalg.solve(curvature + RIDGE * np.eye(len(fitted)), gradient)
        fitted += step
        if np.abs(step).max() < 1e-9:
            break
    return LogisticMap(float(fitted[0]), dict(zip(names, fitted[1:].tolist(), strict=True)))


def _logistic(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))

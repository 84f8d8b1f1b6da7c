"""A weight for each attention head: how well its gaze foretells what removal does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError, ModelError

FILE = "head_weights.json"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """Weights of the answer's and the question's rows. Shape: (2, layers, heads)."""

    weights: Floats

    def predict(self, features: Floats) -> Floats:
        """Predict how far the answer's log-probability falls without each unit, by a scale of each answer's own.

        Args:
            features: What each head gives each unit. Shape: (2, layers, heads, units).

        Returns:
            Shape: (units,).

        Raises:
            ArgumentError: The features are those of another model.
        """
        if features.shape[:-1] != self.weights.shape:
            raise ArgumentError(
                f"features have shape {features.shape}; expected {(*self.weights.shape, 'units')}: learn the weights "
                "of this model anew"
            )
        return np.tensordot(self.weights, features, axes=3)

    def save(self, folder: Path) -> None:
        """Write `head_weights.json` into a model folder."""
        record = {"answer": self.weights[0].round(5).tolist(), "question": self.weights[1].round(5).tolist()}
        (folder / FILE).write_text(json.dumps(record) + "\n", encoding="utf-8")


def load_head_weights(folder: Path) -> HeadWeights | None:
    """Read a model folder's `head_weights.json`; None where there is none.

    Raises:
        ModelError: The file holds something else.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array([record["answer"], record["question"]], dtype=np.float64)
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path}: no head weights ({error}); expected two tables: delete the file") from error
    if weights.ndim != 3 or not np.isfinite(weights).all():
        raise ModelError(f"{path}: weights of shape {weights.shape}; expected (2, layers, heads) of finite numbers")
    return HeadWeights(weights)


def fit_head_weights(features: Sequence[Floats], drops: Sequence[Floats], *, ridge: float) -> HeadWeights:
    """Fit weights so that a head's gaze foretells the fall of the log-probability, by ridge regression.

    Each case counts alike, and only differences within it: the mean is taken off on both sides, and the falls of a case
    are divided by their standard deviation.

    Args:
        features: Of each case. Shape of each: (2, layers, heads, units).
        drops: Measured by removal, in nats. Shape of each: (units,).
        ridge: Strength of the pull to the plain mean of the answer's rows, as a share of the mean variance of the
            features.

    Raises:
        ArgumentError: There is no case.
    """
    if not features:
        raise ArgumentError("there are no cases to learn from; expected at least one: give more questions")
    shape = features[0].shape[:-1]
    rows = [(each - each.mean(-1, keepdims=True)).reshape(-1, each.shape[-1]).T for each in features]
    weights = [np.full(len(row), 1 / len(row)) for row in rows]
    design, importance = np.concatenate(rows), np.concatenate(weights)[:, None]
    targets = np.concatenate([(each - each.mean()) / (each.std() or 1.0) for each in drops])[:, None]
    plain = np.zeros(shape)
    plain[0] = 1.0
    column = design @ plain.reshape(-1, 1)
    norm = float((importance * column * column).sum())
    scale = float((importance * column * targets).sum()) / norm if norm else 0.0
    gram = design.T @ (importance * design)
    strength = ridge * float(np.trace(gram)) / len(gram)
    rest = design.T @ (importance * (targets - scale * column))
    corrections = np.linalg.solve(gram + strength * np.eye(len(gram)), rest)
    return HeadWeights(scale * plain + corrections[:, 0].reshape(shape))

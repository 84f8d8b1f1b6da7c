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
class Gaze:
    """What each head gives each unit of a text.

    `heads` are the rows of the answer and of the question, added up by unit. Shape: (2, layers, heads, units).
    `shares`: of all tokens read together with the answer, those of each unit; 0 for units that were not among them.
    Shape: (units,).
    """

    heads: Floats
    shares: Floats


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """Weights of the answer's and the question's rows, and of having been read at all.

    Shape of `weights`: (2, layers, heads). `presence` is what a unit is worth for the share of the tokens it has.
    """

    weights: Floats
    presence: float = 0.0

    def predict(self, gaze: Gaze) -> Floats:
        """Predict how far the answer's log-probability falls without each unit, by a scale of each answer's own.

        What a unit has is the sum of what its parts have.

        Returns:
            Shape: (units,).

        Raises:
            ArgumentError: The gaze is that of another model.
        """
        if gaze.heads.shape[:-1] != self.weights.shape:
            raise ArgumentError(
                f"the gaze has shape {gaze.heads.shape}; expected {(*self.weights.shape, 'units')}: learn the weights "
                "of this model anew"
            )
        predicted: Floats = np.tensordot(self.weights, gaze.heads, axes=3) + self.presence * gaze.shares
        return predicted

    def save(self, folder: Path) -> None:
        """Write `head_weights.json` into a model folder."""
        record = {
            "answer": self.weights[0].round(5).tolist(),
            "question": self.weights[1].round(5).tolist(),
            "presence": round(self.presence, 5),
        }
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
        presence = float(record["presence"])
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{path}: no head weights ({error}); expected two tables and a number: delete the file"
        ) from error
    if weights.ndim != 3 or not np.isfinite([*weights.ravel(), presence]).all():
        raise ModelError(f"{path}: weights of shape {weights.shape}; expected (2, layers, heads) of finite numbers")
    return HeadWeights(weights, presence)


def fit_head_weights(gazes: Sequence[Gaze], drops: Sequence[Floats], *, ridge: float) -> HeadWeights:
    """Fit weights so that a head's gaze foretells the fall of the log-probability, by ridge regression.

    Only the units that were read together with the answer are learned from. Each case counts alike, and only
    differences within it: the mean is taken off on both sides, and the falls of a case are divided by their standard
    deviation. `presence` is then fitted to what is left, so that these units compare with those that were not read.

    Args:
        gazes: Of each case.
        drops: Measured by removal, in nats. Shape of each: (units,).
        ridge: Strength of the pull of every weight to 0, of heads brought to one variance.

    Raises:
        ArgumentError: No case has two units that were read together with the answer.
    """
    cases = [
        (heads, shares[seen], drop[seen] / (drop[seen].std() or 1.0))
        for gaze, drop in zip(gazes, drops, strict=True)
        if (seen := (shares := gaze.shares) > 0).sum() > 1
        for heads in [gaze.heads.reshape(-1, len(seen))[:, seen].T]
    ]
    if not cases:
        raise ArgumentError("there are no cases to learn from; expected at least one: give more questions")
    design = np.concatenate([heads - heads.mean(0) for heads, _, _ in cases])
    targets = np.concatenate([drop - drop.mean() for _, _, drop in cases])
    importance = np.concatenate([np.full(len(drop), 1 / len(drop)) for _, _, drop in cases])
    spread = np.sqrt(importance @ design**2 / importance.sum())
    spread[spread == 0] = 1.0
    design /= spread
    gram = design.T @ (importance[:, None] * design)
    strength = ridge * float(np.trace(gram)) / len(gram)
    found = np.linalg.solve(gram + strength * np.eye(len(gram)), design.T @ (importance * targets)) / spread
    shares = np.concatenate([shares for _, shares, _ in cases])
    rest = np.concatenate([drop - heads @ found for heads, _, drop in cases])
    presence = float(rest @ shares / (shares @ shares))
    return HeadWeights(found.reshape(gazes[0].heads.shape[:-1]), presence)

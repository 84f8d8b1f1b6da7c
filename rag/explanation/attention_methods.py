"""Methods that read the model's own attention: one or two runs, whatever the length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.attention.capture import enable_capture
from rag.attention.gradients import capture_gradients
from rag.attention.head_weights import Gaze, HeadWeights
from rag.attention.rollout import capture_rollout
from rag.explanation.case import Case
from rag.explanation.explanation import ScoredSpan
from rag.explanation.placement import add_up, place_tokens
from rag.explanation.token_attention import find_passage, find_tokens
from rag.reading.window import ReadingWindow

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RawAttention:
    """Attention of the answer's tokens: of one layer and head, or the mean."""

    name: str = "mean"
    layer: int | None = None
    head: int | None = None
    fine: bool = True

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Add the weights up by unit."""
        rows = np.asarray(case.attention.answer, dtype=np.float64)
        rows = rows.mean(0) if self.layer is None else rows[self.layer]
        row = rows.mean(0) if self.head is None else rows[self.head]
        placed = place_tokens(case.attention.spans[:, 0], case.attention.passages, case.passages, units)
        return add_up(row, placed, len(units))


@dataclass(frozen=True, slots=True)
class CalibratedAttention:
    """Attention with a weight for each head, learned so as to predict what removal does.

    Source: Cohen-Wang et al. 2025, Learning to Attribute with Attention (AT2).
    """

    weights: HeadWeights
    name: str = "calibrated"
    fine: bool = True

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Predict how far the answer's log-probability falls without each unit; only the answer's windows are read."""
        return self.weights.predict(measure_gaze(case, units))


def measure_gaze(case: Case, units: Sequence[ScoredSpan]) -> Gaze:
    """Add up by unit what each head looks at, from the answer and from the question, in the windows of the answer."""
    attention = case.answer_attention
    placed = place_tokens(attention.spans[:, 0], attention.passages, case.passages, units)
    rows = np.stack([attention.answer, attention.question]).astype(np.float64)
    seen = attention.answer.any(axis=(0, 1)).astype(np.float64)
    return Gaze(add_up(rows, placed, len(units)), add_up(seen / seen.sum(), placed, len(units)))


@dataclass(frozen=True, slots=True)
class Rollout:
    """Attention followed through all layers down to the input; see `rag.attention.rollout`."""

    name: str = "rollout"
    fine: bool = True

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Add the shares of the answer's rows up by unit."""
        return _score_windows(case, units, _roll_out)


@dataclass(frozen=True, slots=True)
class GradientAttention:
    """Attention times the gradient of the answer's score, added up over layers and heads."""

    name: str = "gradient"
    fine: bool = True

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Add what speaks for the answer up by unit, less what speaks against it."""
        return _score_windows(case, units, _differentiate)


def _score_windows(
    case: Case, units: Sequence[ScoredSpan], weigh: Callable[[Case, ReadingWindow, NDArray[np.int64]], Floats]
) -> Floats:
    """Weigh the tokens of the windows that hold the answer and add them up; the mean over these windows."""
    number = find_passage(case.span, case.passages)
    start = case.passages[number].start
    windows = case.reader.encode(case.question, [passage.text for passage in case.passages])
    answers = [find_tokens(each, number, case.span.start - start, case.span.end - start) for each in windows]
    whole = max(len(answer) for answer in answers)
    enable_capture(case.reader.model)
    offsets = np.array([passage.start for passage in case.passages])
    scores = [
        add_up(
            weigh(case, window, answer),
            place_tokens(window.starts + offsets[window.passages], window.passages, case.passages, units),
            len(units),
        )
        for window, answer in zip(windows, answers, strict=True)
        if len(answer) == whole
    ]
    mean: Floats = np.mean(scores, axis=0)
    return mean


def _roll_out(case: Case, window: ReadingWindow, answer: NDArray[np.int64]) -> Floats:
    import torch

    rows = torch.from_numpy(answer)[None].to(case.reader.model.device)
    with case.reader.precision():
        captured = capture_rollout(case.reader.model, case.reader.collate([window]), rows)
    shares: Floats = captured.rows[0].mean(0)[: len(window.ids)].double().cpu().numpy()
    return shares


def _differentiate(case: Case, window: ReadingWindow, answer: NDArray[np.int64]) -> Floats:
    import torch

    first, last = int(answer[0]), int(answer[-1])

    def objective(output: Any) -> torch.Tensor:
        score: torch.Tensor = output.start_logits[0, first] + output.end_logits[0, last]
        return score

    rows = torch.from_numpy(answer)[None].to(case.reader.model.device)
    case.reader.model.requires_grad_(False)
    with case.reader.precision():
        captured = capture_gradients(case.reader.model, case.reader.collate([window]), rows, objective)
    products: Floats = captured.rows[:, 0].sum(dim=(0, 1, 2))[: len(window.ids)].double().cpu().numpy()
    return products

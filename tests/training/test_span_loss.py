"""The reader's loss against the same sums written out."""

from __future__ import annotations

import math

import pytest
import torch

from rag.training.span_examples import Example
from rag.training.span_loss import measure_loss


def build_row(*, question: int, start: int, end: int, size: int = 6) -> Example:
    return Example([1] * size, [0] * size, list(range(size)), start, end, head=3, question=question)


def normalize(scores: list[float]) -> float:
    return math.log(sum(math.exp(score) for score in scores))


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 6, generator=generator), torch.randn(2, 6, generator=generator)


def test_own_row_normalises_over_passage_and_null(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    batch = [build_row(question=7, start=3, end=4), build_row(question=7, start=0, end=0)]
    expected = 0.0
    for scores, targets in zip(logits, ((3, 0), (4, 0)), strict=True):
        rows = scores.tolist()
        # The passage is at 3 and 4; 5 is the last special token, 0 stands for "no answer".
        parts = [normalize([row[0], row[3], row[4]]) - row[target] for row, target in zip(rows, targets, strict=True)]
        expected += sum(parts) / 2
    assert float(measure_loss(logits, batch, shared=0.0)) == pytest.approx(expected / 2, abs=1e-5)


@pytest.mark.parametrize(("questions", "rivals"), [((7, 7), [0, 1]), ((7, 8), [0])], ids=["one", "two questions"])
def test_rows_of_one_question_compete(
    logits: tuple[torch.Tensor, torch.Tensor], questions: tuple[int, int], rivals: list[int]
) -> None:
    batch = [build_row(question=questions[0], start=3, end=4), build_row(question=questions[1], start=0, end=0)]
    shared = float(measure_loss(logits, batch, shared=1.0)) - float(measure_loss(logits, batch, shared=0.0))
    expected = 0.0
    for scores, target in zip(logits, (3, 4), strict=True):
        rows = scores.tolist()
        expected += normalize([rows[row][place] for row in rivals for place in (3, 4)]) - rows[0][target]
    assert shared == pytest.approx(expected / 2, abs=1e-4)

"""Loss of the span reader: the answer against the rest of its row, and against the other rows of its question."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rag.training.span_examples import Example


def measure_loss(logits: tuple[Tensor, Tensor], batch: Sequence[Example], *, shared: float) -> Tensor:
    """Average the loss of start and end.

    In its own row an answer competes with every token of the passage and with "no answer", the first token. Over all
    rows of its question, which is how passages are compared in use, it competes with every token of all passages.

    Args:
        logits: Of start and end. Shape of both: (batch, length).
        batch: The rows.
        shared: Weight of the second part.

    Source: Clark and Gardner 2018, Simple and Effective Multi-Paragraph Reading Comprehension, section 3.2.
    """
    device = logits[0].device
    inside, null = find_inside(batch, logits[0])
    loss = torch.zeros((), device=device)
    for scores, targets in zip(logits, ([e.start for e in batch], [e.end for e in batch]), strict=True):
        gold = torch.tensor(targets, device=device)
        loss = loss + cross_entropy(scores.float().masked_fill(~(inside | null), -1e4), gold)
        loss = loss + shared * _share(scores.float().masked_fill(~inside, -1e4), gold, batch)
    return loss / 2


def find_inside(batch: Sequence[Example], logits: Tensor) -> tuple[Tensor, Tensor]:
    """Tell which tokens belong to the passage, and which one stands for "no answer".

    Args:
        batch: The rows.
        logits: Of the batch. Shape: (batch, length).

    Returns:
        Two masks. Shape: (batch, length) and (length,).
    """
    device = logits.device
    positions = torch.arange(logits.shape[1], device=device)
    heads, sizes = _column([e.head for e in batch], device), _column([len(e.ids) - 1 for e in batch], device)
    return (positions >= heads) & (positions < sizes), positions == 0


def _share(scores: Tensor, gold: Tensor, batch: Sequence[Example]) -> Tensor:
    """Normalise over the rows of each question; rows without an answer only compete."""
    questions = {question: number for number, question in enumerate(dict.fromkeys(e.question for e in batch))}
    place = torch.tensor([questions[e.question] for e in batch], device=scores.device)
    totals = torch.logsumexp(scores, dim=1)
    top = totals.detach().max()
    sums = scores.new_zeros(len(questions)).index_add(0, place, torch.exp(totals - top))
    rows = torch.tensor([number for number, e in enumerate(batch) if e.start], device=scores.device)
    right = scores[rows, gold[rows]]
    return (torch.log(sums[place[rows]].clamp(min=1e-30)) + top - right).mean()


def _column(values: Sequence[int], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device).unsqueeze(1)

"""Starting embeddings for a new vocabulary: IBM Model 1 over translation pairs.

A Japanese piece starts as the mean of the English input embeddings it translates to, so that a body trained
on English reads Japanese from its first step.

Source: Brown et al. 1993, The Mathematics of Statistical Machine Translation, Model 1.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

BATCH = 2_000
SENTENCE_LIMIT = 40


def align_vocabularies(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    source_size: int,
    target_size: int,
    iterations: int,
) -> torch.Tensor:
    """Estimate p(target | source) from parallel sentences.

    Args:
        sources: Token ids of the source sentences.
        targets: Token ids of their translations.
        source_size: Vocabulary of the source language.
        target_size: Vocabulary of the target language.
        iterations: Rounds of expectation maximisation; the first one is plain co-occurrence.

    Returns:
        Row-stochastic table. Shape: (source_size, target_size).
    """
    table = torch.full((source_size * target_size,), 1.0)
    for round_number in range(iterations):
        counts = torch.zeros_like(table)
        for first in range(0, len(sources), BATCH):
            cells, groups = _pair_cells(sources[first : first + BATCH], targets[first : first + BATCH], target_size)
            weights = table[cells]
            totals = torch.zeros(int(groups.max()) + 1).index_add_(0, groups, weights)
            counts.index_add_(0, cells, weights / totals[groups])
        square = counts.view(source_size, target_size)
        square /= square.sum(1, keepdim=True).clamp(min=1e-9)
        table = counts
        logger.info("alignment round %d of %d", round_number + 1, iterations)
    return table.view(source_size, target_size)


def _pair_cells(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], width: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells (source, target) of every sentence pair, and the target occurrence each cell explains."""
    cells: list[NDArray[np.int64]] = []
    groups: list[NDArray[np.int64]] = []
    offset = 0
    for source, target in zip(sources, targets, strict=True):
        left = np.asarray(source[:SENTENCE_LIMIT], dtype=np.int64)
        right = np.asarray(target[:SENTENCE_LIMIT], dtype=np.int64)
        cells.append((left[:, None] * width + right[None, :]).ravel())
        groups.append(np.tile(np.arange(len(right)) + offset, len(left)))
        offset += len(right)
    return torch.from_numpy(np.concatenate(cells)), torch.from_numpy(np.concatenate(groups))


def project_embeddings(table: torch.Tensor, embeddings: torch.Tensor, *, keep: int) -> torch.Tensor:
    """Average target embeddings under the `keep` likeliest translations of each source piece.

    Pieces never seen in a pair receive the mean embedding plus small noise.

    Returns:
        Shape: (source_size, width).
    """
    values, indices = table.topk(keep, dim=1)
    mass = values.sum(1, keepdim=True)
    projected: torch.Tensor = (values.unsqueeze(-1) * embeddings[indices]).sum(1) / mass.clamp(min=1e-9)
    scale = embeddings.norm(dim=1).mean()
    projected = projected / projected.norm(dim=1, keepdim=True).clamp(min=1e-6) * scale
    unseen = mass.squeeze(1) < 1e-6
    noise = torch.randn(int(unseen.sum()), embeddings.shape[1]) * embeddings.std() * 0.5
    projected[unseen] = embeddings.mean(0) + noise
    return projected

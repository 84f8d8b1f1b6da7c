"""Word alignment and the embeddings made through it."""

from __future__ import annotations

import torch

from rag.training.alignment import align_vocabularies, project_embeddings

# 0 猫 = 0 cat, 1 犬 = 1 dog, 2 鳴く = 2 cries
SOURCES = [[0, 2], [1, 2], [0], [1], [2]]
TARGETS = [[0, 2], [1, 2], [0], [1], [2]]


def test_words_find_their_translation() -> None:
    table = align_vocabularies(SOURCES, TARGETS, source_size=4, target_size=3, iterations=6)
    assert table[:3].argmax(1).tolist() == [0, 1, 2]
    assert torch.all(table[:3].amax(1) > 0.9)
    torch.testing.assert_close(table[:3].sum(1), torch.ones(3))


def test_a_piece_starts_where_its_translation_is() -> None:
    table = align_vocabularies(SOURCES, TARGETS, source_size=4, target_size=3, iterations=6)
    english = torch.eye(3)
    projected = project_embeddings(table, english, keep=2)
    assert projected[:3].argmax(1).tolist() == [0, 1, 2]
    torch.testing.assert_close(projected[:3].norm(dim=1), torch.ones(3))
    assert torch.isfinite(projected[3]).all()

"""Attention rollout: where a token's attention goes through all layers, back to the tokens of the text."""

from __future__ import annotations

import torch
from torch import Tensor

from rag.errors import ArgumentError


def build_rollout(maps: Tensor) -> Tensor:
    """Multiply the attention of all layers into one map from the last layer to the input.

    Heads are averaged. Half of every token's next state is its own last one, through the residual connection, so each
    layer counts as (A + I) / 2. Memory grows with length², so this is for short texts; `capture_rows` with every
    position as a row gives the maps.

    Args:
        maps: Attention of every layer, first layer first. Shape: (layers, batch, heads, length, length).

    Returns:
        Share of each input token (column) in each last-layer token (row); rows add up to 1 if those of `maps` do.
        Shape: (batch, length, length), float32.

    Raises:
        ArgumentError: `maps` is not square maps of at least one layer and head.

    Source:
        Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3.
    """
    if maps.ndim != 5 or maps.shape[-1] != maps.shape[-2] or 0 in maps.shape[:3]:
        raise ArgumentError(
            f"maps have shape {tuple(maps.shape)}; expected (layers, batch, heads, length, length) with at least one "
            "layer, text and head: ask capture_rows for every position"
        )
    identity = torch.eye(maps.shape[-1], dtype=torch.float32, device=maps.device)
    rollout = identity.expand(maps.shape[1], -1, -1)
    for layer in maps:
        rollout = (layer.float().mean(dim=1) + identity) / 2 @ rollout
    return rollout

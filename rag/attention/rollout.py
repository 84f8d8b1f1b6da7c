"""Attention rollout: where a token's attention goes through all layers, back to the tokens of the text."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rag.attention.call import AttentionCall, OutputCheck, take_rows
from rag.attention.capture import Captured, check_rows
from rag.attention.interface import run_model
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def build_rollout(maps: Tensor) -> Tensor:
    """Multiply the attention of all layers into one map from the last layer to the input.

    Heads are averaged. Half of every token's next state is its own last one, through the residual connection, so each
    layer counts as (A + I) / 2. Memory grows with length², so this is for short texts: `capture_rows` with every
    position as a row gives the maps. `capture_rollout` gives chosen rows of long texts.

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


def capture_rollout(model: PreTrainedModel, inputs: Mapping[str, Tensor], rows: Tensor) -> Captured:
    """Run a model once and capture chosen rows of its attention rollout, without any map.

    A row of the product of all layers is that row of the last one, multiplied by the layers before it from the last to
    the first. The queries and keys of all layers stay until then (memory grows with layers × length × d_model), and
    each layer's weights are computed again block by block, which takes as long as the model's own pass or longer.

    Args:
        model: Switched by `enable_capture`, in evaluation mode.
        inputs: Keywords of the model's forward pass, as for `capture_rows`.
        rows: Positions of the last layer wanted of each text. Shape: (batch, rows), int64.

    Returns:
        The model's output and the rows of what `build_rollout` gives. Shape of `rows`: (batch, rows, length), float32.

    Raises:
        ArgumentError: `rows` does not fit the inputs, or the model is in training mode.
        AttentionError: The model does not hand over the queries and keys of every layer, or these do not explain the
            layer's output.
    """
    length = check_rows(inputs, rows)[1]
    calls: list[AttentionCall] = []

    def record(_layer: int, call: AttentionCall, value: Tensor, output: Tensor) -> None:
        chosen = rows.to(output.device)
        check = OutputCheck(value, take_rows(output.transpose(1, 2), chosen))
        for block in call.weigh(chosen):
            check.add(block)
        check.close(call.name)
        calls.append(call)

    with torch.inference_mode():
        output = run_model(model, inputs, record)
        rollout = torch.nn.functional.one_hot(rows.to(calls[-1].query.device), length).float()
        while calls:
            call = calls.pop()
            rollout = (_mix(call, rollout.to(call.query.device)) + rollout) / 2
    return Captured(output=output, rows=rollout)


def _mix(call: AttentionCall, shares: Tensor) -> Tensor:
    """Multiply rows with a layer's map, the mean over its heads. Shape: (batch, rows, length)."""
    batch, _, length = shares.shape
    everything = torch.arange(length, device=shares.device).expand(batch, -1)
    mixed = torch.zeros_like(shares)
    for start, blocks in groupby(call.weigh(everything), key=lambda block: block.rows.start):
        total = reduce(operator.iadd, (block.weights.sum(dim=1) for block in blocks))
        mixed += shares[:, :, start : start + total.shape[1]] @ total
    return mixed / call.query.shape[1]

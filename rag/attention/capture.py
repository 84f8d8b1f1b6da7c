"""Read chosen rows of a model's attention while it runs at the speed and memory of SDPA.

A full attention map has length² entries a head and layer, too many for a long text. But to show where an answer looked,
only the rows of the answer's and the question's tokens are needed. So the model runs on PyTorch's fused scaled dot
product attention (SDPA), which never forms the map, and softmax(QKᵀ/√d_k) is computed a second time for those rows
alone, in blocks: memory grows with what is kept, at most layers × heads × rows × length.

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1; `rag.attention.softmax` works it through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.attention.call import AttentionCall, Block, OutputCheck, take_rows
from rag.attention.interface import count_layers, enable_capture, run_model
from rag.attention.keep import Keep, RowStore
from rag.attention.maps import run_with_maps
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["ALL", "Captured", "Keep", "capture_rows", "check_rows", "enable_capture"]

ALL = Keep()
"""Keep every row of every layer and head."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What a model returned and where the chosen rows of its attention looked.

    `output` is the model's own output object. `rows` holds the weights of every layer, first layer first; the weights
    of one row add up to 1, masked positions receive exactly 0, and a row that may look nowhere (a padding token's) is
    all zeros. Shape: (layers, batch, heads, rows, length), float32, on the model's device; `Keep` makes it smaller.
    """

    output: Any
    rows: Tensor


def capture_rows(model: PreTrainedModel, inputs: Mapping[str, Tensor], rows: Tensor, *, keep: Keep = ALL) -> Captured:
    """Run a model once, without gradients, and capture the attention of chosen query positions.

    Any number of threads may do so at once with the same model. A text that was generated is captured by one forward
    pass over prompt and text. A model that runs eager attention forms its maps itself; the rows are taken from them as
    they are, one layer after the other.

    Args:
        model: Switched by `enable_capture`, in evaluation mode.
        inputs: Keywords of the model's forward pass, on its device; `input_ids` or `inputs_embeds` among them.
        rows: Query positions wanted of each text; texts of the batch that need fewer may repeat one.
            Shape: (batch, rows), int64.
        keep: What stays of them.

    Returns:
        The model's output and the rows of every layer.

    Raises:
        ArgumentError: `rows` or `keep` does not fit the inputs, or the model is in training mode.
        AttentionError: Not every layer handed over its rows, or they do not explain the layer's output.
    """
    batch, length = check_rows(inputs, rows)
    store = RowStore(keep, count_layers(model), rows)

    def record(layer: int, call: AttentionCall, value: Tensor, output: Tensor) -> None:
        if not store.wants(layer):
            return
        chosen = rows.to(output.device)
        store.open(layer, batch, call.query.shape[1], call.key.shape[2], output.device)
        check = OutputCheck(value, take_rows(output.transpose(1, 2), chosen))
        for block in call.weigh(chosen, heads=keep.heads):
            check.add(block)
            store.add(layer, block)
        check.close(call.name)

    def record_map(layer: int, weights: Tensor) -> None:
        if not store.wants(layer):
            return
        store.open(layer, batch, weights.shape[1], length, weights.device)
        for head in range(weights.shape[1]) if keep.heads is None else keep.heads:
            span = slice(head, head + 1)
            taken = take_rows(weights[:, span], rows.to(weights.device)).float()
            store.add(layer, Block(slice(None), span, span, taken))

    with torch.inference_mode():
        if model.config._attn_implementation == "eager":
            output = run_with_maps(model, inputs, record_map, batch=batch, length=length)
        else:
            output = run_model(model, inputs, record)
    return Captured(output=output, rows=store.close())


def check_rows(inputs: Mapping[str, Tensor], rows: Tensor) -> tuple[int, int]:
    """Return the number of texts and their length in tokens.

    Raises:
        ArgumentError: `rows` are not positions of each of the texts.
    """
    tokens = inputs.get("input_ids", inputs.get("inputs_embeds"))
    if tokens is None:
        raise ArgumentError(f"inputs hold {sorted(inputs)}; expected input_ids or inputs_embeds among them")
    batch, length = tokens.shape[:2]
    if rows.dtype != torch.int64 or rows.ndim != 2 or rows.shape[0] != batch or rows.shape[1] == 0:
        raise ArgumentError(
            f"rows are {rows.dtype} of shape {tuple(rows.shape)}; expected torch.int64 of shape ({batch}, at least 1): "
            "query positions for each of the texts"
        )
    low, high = int(rows.min()), int(rows.max())
    if low < 0 or high >= length:
        raise ArgumentError(f"rows reach from {low} to {high}; expected positions from 0 to {length - 1}")
    return batch, length

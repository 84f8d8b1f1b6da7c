"""Attention times gradient: how much an objective depends on what chosen tokens looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.attention.call import AttentionCall, Block, OutputCheck, take_rows
from rag.attention.capture import ALL, Captured, check_rows
from rag.attention.interface import count_layers, run_model
from rag.attention.keep import Keep, RowStore
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def capture_gradients(
    model: PreTrainedModel,
    inputs: Mapping[str, Tensor],
    rows: Tensor,
    objective: Callable[[Any], Tensor],
    *,
    keep: Keep = ALL,
) -> Captured:
    """Run a model forward and backward and capture A × ∂objective/∂A of chosen rows of its attention A.

    A layer's output for token i is oᵢ = Σⱼ Aᵢⱼ vⱼ, so the gradient of Aᵢⱼ is that of oᵢ times vⱼ: autograd gives the
    first at the end of SDPA, and no map is formed. Positive numbers speak for the objective, negative ones against it.
    The states of all layers stay until the gradients are known, as in training; those of the weights are not computed.

    Args:
        model: Switched by `enable_capture`, in evaluation mode. Less stays of one whose parameters need no gradient:
            `model.requires_grad_(False)`.
        inputs: Keywords of the model's forward pass, as for `capture_rows`, not made in inference mode.
        rows: Query positions wanted of each text. Shape: (batch, rows), int64.
        objective: Makes one number of the model's output, such as an answer's start logit plus its end logit.
        keep: What stays of the products.

    Returns:
        The model's output, without graph, and the products. Shape and type of `rows`: as from `capture_rows`.

    Raises:
        ArgumentError: `rows` or `keep` does not fit the inputs, the model is in training mode, or the objective is
            not one number computed from the output.
        AttentionError: Not every layer handed over its rows, or they do not explain the layer's output.

    Source:
        Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability for Interpreting Bi-Modal and
        Encoder-Decoder Transformers", equation 5, before its mean over heads.
    """
    batch, _ = check_rows(inputs, rows)
    store = RowStore(keep, count_layers(model), rows)
    calls: list[tuple[AttentionCall, Tensor, Tensor]] = []

    def record(_layer: int, call: AttentionCall, value: Tensor, output: Tensor) -> None:
        if not output.requires_grad:  # nothing before it does
            output.requires_grad_()
        calls.append((call, value, output))

    with torch.inference_mode(mode=False), torch.enable_grad():
        output = run_model(model, inputs, record)
        number = objective(output)
        if number.numel() != 1 or not number.requires_grad:
            raise ArgumentError(
                f"the objective has shape {tuple(number.shape)} and requires_grad={number.requires_grad}; expected one "
                "number computed from the model's output"
            )
        ends = [each for _, _, each in calls]
        gradients = torch.autograd.grad(number.reshape(()), ends, allow_unused=True, materialize_grads=True)
    with torch.no_grad():
        for layer, ((call, value, end), gradient) in enumerate(zip(calls, gradients, strict=True)):
            if store.wants(layer):
                chosen = rows.to(end.device)
                store.open(layer, batch, call.query.shape[1], call.key.shape[2], end.device)
                check = OutputCheck(value, take_rows(end.transpose(1, 2), chosen))
                slopes = take_rows(gradient.transpose(1, 2), chosen)
                for block in call.weigh(chosen, heads=keep.heads):
                    check.add(block)
                    store.add(layer, _multiply(block, value, slopes))
                check.close(call.name)
    return Captured(output=output, rows=store.close())


def _multiply(block: Block, value: Tensor, slopes: Tensor) -> Block:
    """Multiply weights with their gradients. `slopes`: those of the rows' outputs (batch, heads, rows, d_v)."""
    keys = value[:, block.keys].float().transpose(2, 3)
    slope = slopes[:, block.heads, block.rows].float()
    products = (slope.reshape(*keys.shape[:2], -1, slope.shape[-1]) @ keys).view(block.weights.shape)
    return replace(block, weights=products.mul_(block.weights))

"""Heads and layers taken out of a model, heads by what they are worth to the answer.

Source: Michel, Levy and Neubig 2019, Are Sixteen Heads Really Better than One?
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from rag.errors import ArgumentError, ModelError
from rag.evaluation.variants.lesson import Lesson, measure_losses
from rag.reading.slim_attention import ENTRY, AttentionShape, find_attention, reshape_attention

OUTPUT_NAME = re.compile(r"(^|\.)(attention|attn|self_attn)\b.*\.?(out_lin|o_proj|out_proj|Wo|dense)$")
"""Where models keep W_o."""


def measure_importance(model: PreTrainedModel, lessons: Sequence[Lesson]) -> list[NDArray[np.float64]]:
    """Return what every head is worth: the mean over lessons of |dL/dξ|, where ξ = 1 multiplies what the head gives.

    Within each layer the figures are divided by their Euclidean norm, as the source does.

    Returns:
        One array a layer. Shape of each: (heads,).

    Raises:
        ArgumentError: There is no lesson.
        ModelError: The attention of the model cannot be found.
    """
    if not lessons:
        raise ArgumentError("no question to measure heads by; expected some whose answer stands in their text")
    outputs = find_outputs(model)
    gates = [torch.ones(heads, device=linear.weight.device, requires_grad=True) for linear, heads in outputs]
    hooks = [
        linear.register_forward_pre_hook(partial(_open_gate, gate))
        for (linear, _), gate in zip(outputs, gates, strict=True)
    ]
    totals = [torch.zeros_like(gate) for gate in gates]
    try:
        for loss in measure_losses(model, lessons):
            for total, slope in zip(totals, torch.autograd.grad(loss, gates), strict=True):
                total += slope.abs()
    finally:
        for hook in hooks:
            hook.remove()
    values = [(total / len(lessons)).double().cpu().numpy() for total in totals]
    return [value / max(float(np.linalg.norm(value)), 1e-30) for value in values]


def choose_heads(importance: Sequence[NDArray[np.float64]], *, share: float) -> dict[int, list[int]]:
    """Choose a share of all heads, those worth least; each layer keeps its best one.

    Returns:
        Numbers, from 0, of the heads to take out, by the number of their layer.

    Raises:
        ArgumentError: The share is not between 0 and 1, or larger than leaves each layer one head.
    """
    total = sum(len(each) for each in importance)
    wanted = round(share * total)
    if not 0 < share < 1 or wanted > total - len(importance):
        raise ArgumentError(
            f"heads is {share}; expected a share above 0 that leaves each of {len(importance)} layers one of its heads"
        )
    ranked = sorted(
        (float(value), layer, head)
        for layer, each in enumerate(importance)
        for head, value in enumerate(each)
        if head != int(each.argmax())
    )
    chosen: dict[int, list[int]] = {}
    for _, layer, head in sorted(ranked[:wanted], key=lambda each: each[1:]):
        chosen.setdefault(layer, []).append(head)
    return chosen


def remove_heads(model: PreTrainedModel, removed: Mapping[int, Collection[int]]) -> bool:
    """Take heads out of W_q, W_k, W_v and W_o; where the model does not allow it, silence them.

    Returns:
        Whether they are gone. If not, nothing became smaller or faster.

    Raises:
        ArgumentError: There is no such head, or none would be left in a layer.
        ModelError: The attention of the model cannot be found.
    """
    _check_heads([heads for _, heads in find_outputs(model)], removed)
    layers = find_attention(model)
    if layers is None:
        mask_heads(model, removed)
        return False
    kept = [
        [head for head in range(layer.heads) if head not in removed.get(number, ())]
        for number, layer in enumerate(layers)
    ]
    sizes = {"query": layers[0].query_size, "key": layers[0].query_size, "value": layers[0].value_size}
    before = [{name: getattr(layer.attention, name) for name in sizes} for layer in layers]
    outputs = [layer.output for layer in layers]
    reshape_attention(model, AttentionShape(tuple(len(heads) for heads in kept), sizes["query"]))
    for layer, heads, maps, output in zip(layers, kept, before, outputs, strict=True):
        for name, size in sizes.items():
            rows = _list_places(heads, size)
            fill_map(getattr(layer.attention, name), maps[name].weight[rows], _take(maps[name].bias, rows))
        fill_map(layer.output, output.weight[:, _list_places(heads, sizes["value"])], output.bias)
    return True


def mask_heads(model: PreTrainedModel, removed: Mapping[int, Collection[int]]) -> None:
    """Silence heads: the columns of W_o that take them become zero.

    Raises:
        ModelError: The attention of the model cannot be found.
    """
    for number, (linear, heads) in enumerate(find_outputs(model)):
        places = _list_places(sorted(removed.get(number, ())), linear.in_features // heads)
        with torch.no_grad():
            linear.weight[:, places] = 0.0


def remove_layers(model: PreTrainedModel, removed: Collection[int]) -> None:
    """Take layers out, by number from 0; the others run one after the other.

    Raises:
        ArgumentError: There is no such layer, or none would be left.
        ModelError: The layers of the model cannot be found.
    """
    count = getattr(model.config, "num_hidden_layers", None)
    stacks = [
        (owner, name, module)
        for owner in model.base_model.modules()
        for name, module in owner.named_children()
        if isinstance(module, nn.ModuleList) and len(module) == count
    ]
    if len(stacks) != 1 or not isinstance(count, int):
        raise ModelError(f"{type(model).__name__}: its layers cannot be found; expected one list of them")
    kept = [number for number in range(count) if number not in removed]
    if not kept or not set(removed) <= set(range(count)):
        named = [number + 1 for number in sorted(removed)]
        raise ArgumentError(f"layers to take out are {named}; expected some of 1 to {count}, not all")
    owner, name, stack = stacks[0]
    setattr(owner, name, nn.ModuleList(stack[number] for number in kept))
    model.config.num_hidden_layers = len(kept)
    entry = getattr(model.config, ENTRY, None)
    if entry is not None:
        setattr(model.config, ENTRY, {**entry, "heads": [entry["heads"][number] for number in kept]})


def find_outputs(model: PreTrainedModel) -> list[tuple[nn.Linear, int]]:
    """Return W_o of every layer and how many heads it takes.

    Raises:
        ModelError: They cannot be found.
    """
    layers = find_attention(model)
    if layers is not None:
        return [(layer.output, layer.heads) for layer in layers]
    heads, count = (getattr(model.config, name, None) for name in ("num_attention_heads", "num_hidden_layers"))
    found = [
        module
        for name, module in model.base_model.named_modules()
        if isinstance(module, nn.Linear) and OUTPUT_NAME.search(name)
    ]
    if not found or len(found) != count or not isinstance(heads, int):
        raise ModelError(
            f"{type(model).__name__}: found {len(found)} output maps of attention for {count} layers; expected one "
            "each: heads of this model cannot be taken out, choose another model or leave heads out of the variant"
        )
    return [(linear, heads) for linear in found]


def fill_map(linear: nn.Linear, weight: Tensor, bias: Tensor | None) -> None:
    """Put weights into a map of their shape; without a bias it gets zeros."""
    with torch.no_grad():
        linear.weight.copy_(weight)
        if bias is None:
            linear.bias.zero_()
        else:
            linear.bias.copy_(bias)


def _open_gate(gate: Tensor, _linear: nn.Module, inputs: tuple[Any, ...]) -> tuple[Tensor]:
    (x,) = inputs
    return ((x.unflatten(-1, (len(gate), -1)) * gate[:, None]).flatten(-2),)


def _check_heads(heads: Sequence[int], removed: Mapping[int, Collection[int]]) -> None:
    for layer, chosen in removed.items():
        known = range(heads[layer]) if 0 <= layer < len(heads) else range(0)
        if not set(chosen) <= set(known) or len(set(chosen)) >= len(known):
            raise ArgumentError(
                f"layer {layer + 1}: heads to take out are {[head + 1 for head in sorted(chosen)]}; expected some of 1 "
                f"to {len(known)}, not all, of layers 1 to {len(heads)}"
            )


def _list_places(heads: Sequence[int], size: int) -> list[int]:
    return [head * size + place for head in heads for place in range(size)]


def _take(bias: Tensor | None, rows: Sequence[int]) -> Tensor | None:
    return None if bias is None else bias[list(rows)]

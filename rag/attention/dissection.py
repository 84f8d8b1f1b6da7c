"""One head of a real model, taken apart: X → Q, K, V → scores → mask → softmax → output, checked at every step.

The steps are those that `rag.attention.softmax` works through with three tokens, computed anew by the same function in
double precision from what the model's own weights and inputs are. Beside each step stands how far it is from what the
model computed. What the model's fused attention keeps to itself is asked of it: with the identity matrix for values it
hands out its weights, and their logarithms are its scaled scores but for a constant in each row.

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rag.attention.call import AttentionCall
from rag.attention.interface import count_layers, run_model
from rag.attention.projection import Exchange, LinearMap, LinearWatch, Projection, find_projection, to_matrix
from rag.attention.softmax import AttentionTrace, Matrix, blend
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Visible = NDArray[np.bool_]
Found = TypeVar("Found")
Step = Literal["q", "k", "v", "scores", "scaled", "weights", "output"]

TOLERANCE = 1e-4
"""How far a step may be from the model's own and count as the same, as a share of its largest value if above 1."""

_TURNED = 1e-3
"""Share of the largest query by which queries differ from their projection when something was done to them between."""

_SMALLEST = 1e-30
"""Weights below are next to single precision's least: their logarithms say nothing."""


@dataclass(frozen=True, slots=True)
class Check:
    """How far a step computed anew is from what the model computed; `largest`: largest value of the step."""

    step: Step
    difference: float
    largest: float

    @property
    def passed(self) -> bool:
        """Whether the two are the same but for rounding."""
        return self.difference <= TOLERANCE * max(self.largest, 1.0)


@dataclass(frozen=True, slots=True)
class Dissection:
    """All steps of one head for one text.

    `layer` and `head` count from 0; `key_head` is the head whose keys and values it uses, another one under
    grouped-query attention. `query`, `key`, `value`: where they come from, None where no linear map makes just them.
    `turned`: which of q and k the model changed between that map and the attention, turning them by position (rotary
    embeddings) or normalising them: then the steps go on from what the model made of it. `visible`: where the mask
    allows a look. Shape: (tokens, tokens). `bias`: what else was added to the scaled scores. `scaling`: factor of the
    scores. `trace`: the steps computed anew. `checks`: one for each step that can be checked.
    """

    layer: int
    head: int
    key_head: int
    query: Projection | None
    key: Projection | None
    value: Projection | None
    turned: frozenset[Step]
    visible: Visible
    bias: Matrix | None
    scaling: float
    trace: AttentionTrace
    checks: tuple[Check, ...]

    @property
    def difference(self) -> float:
        """Largest difference of the head's output from the model's."""
        return self.checks[-1].difference


@dataclass(frozen=True, slots=True)
class LayerRun:
    """One layer's attention as the model ran it.

    `value`: Shape: (batch, key heads, length, d_v). `output`: Shape: (batch, length, heads, d_v).
    """

    call: AttentionCall
    value: Tensor
    output: Tensor


def dissect(model: PreTrainedModel, inputs: Mapping[str, Tensor], *, layer: int, head: int) -> Dissection:
    """Take one head apart for one text.

    Args:
        model: Switched by `enable_capture`, in evaluation mode.
        inputs: Keywords of the model's forward pass for a single text, without padding.
        layer: Which layer, from 0.
        head: Which head, from 0.

    Raises:
        ArgumentError: The model has no such layer or head, or `inputs` hold more than one text.
        AttentionError: The model does not hand over its attention.
    """
    count = len(inputs["input_ids"])
    if count != 1:
        raise ArgumentError(f"inputs hold {count} texts; expected a single one")

    def look(layer_run: LayerRun, maps: Sequence[LinearMap]) -> Dissection:
        _check_number("head", head, layer_run.call.query.shape[1])
        return _dissect(layer_run, maps, layer=layer, head=head)

    return look_into(model, inputs, look, layer=layer)


def look_into(
    model: PreTrainedModel,
    inputs: Mapping[str, Tensor],
    look: Callable[[LayerRun, Sequence[LinearMap]], Found],
    *,
    layer: int,
    exchange: Exchange | None = None,
) -> Found:
    """Run a model once and look into one layer: at its attention call and the linear maps computed before it.

    Args:
        model: Switched by `enable_capture`.
        inputs: Keywords of the model's forward pass.
        look: What to do there; gradients reach from the call back to the outputs of the maps.
        layer: Which layer, from 0.
        exchange: Called for the maps of this layer, and for no other.

    Returns:
        What `look` returned.

    Raises:
        ArgumentError: The model has no such layer.
        AttentionError: Its attention cannot be seen.
    """
    _check_number("layer", layer, count_layers(model))
    found: list[Found] = []

    def record(number: int, call: AttentionCall, value: Tensor, output: Tensor) -> None:
        if number == layer:
            found.append(look(LayerRun(call, value, output), watch.maps))
        watch.maps.clear()
        watch.exchange = exchange if number + 1 == layer else None

    watch = LinearWatch(exchange if layer == 0 else None)
    with torch.enable_grad(), watch:
        run_model(model, inputs, record)
    return found[0]


def find_key_head(call: AttentionCall, head: int) -> int:
    """Return the head whose keys and values a head uses; another one under grouped-query attention."""
    return head * call.key.shape[1] // call.query.shape[1]


def _dissect(run: LayerRun, maps: Sequence[LinearMap], *, layer: int, head: int) -> Dissection:
    call = run.call
    key_head = find_key_head(call, head)
    parts: dict[Step, Tensor] = {"q": call.query[0, head], "k": call.key[0, key_head], "v": run.value[0, key_head]}
    projections = {step: find_projection(part, maps) for step, part in parts.items()}
    used = {step: to_matrix(part) for step, part in parts.items()}
    turned = frozenset(
        step for step, made in projections.items() if made is not None and not _is_same(made.product, used[step])
    )
    checks: list[Check] = []
    for step, made in projections.items():
        if made is not None:
            checks.append(_compare(step, made.product, made.computed if step in turned else used[step]))
            if step not in turned:
                used[step] = made.product
    visible, bias = _read_mask(call, head)
    trace = blend(used["q"], used["k"], used["v"], mask=visible, bias=bias, scaling=call.scaling)
    weights, output = _ask_weights(run, head), to_matrix(run.output[0, :, head])
    difference = _measure_scores(trace, weights)
    checks += [
        Check("scores", difference / call.scaling, float(np.abs(trace.scores).max())),
        Check("scaled", difference, float(np.abs(trace.scaled[visible]).max())),
        _compare("weights", trace.weights, weights),
        _compare("output", trace.output, output),
    ]
    return Dissection(
        layer=layer,
        head=head,
        key_head=key_head,
        query=projections["q"],
        key=projections["k"],
        value=projections["v"],
        turned=turned,
        visible=visible,
        bias=bias,
        scaling=call.scaling,
        trace=trace,
        checks=tuple(checks),
    )


def _read_mask(call: AttentionCall, head: int) -> tuple[Visible, Matrix | None]:
    length = call.query.shape[2]
    visible, bias = call.take_mask(torch.arange(length, device=call.query.device)[None])
    seen = (
        np.ones((length, length), dtype=np.bool_)
        if visible is None
        else visible[0, head if visible.shape[1] > 1 else 0].expand(length, -1).cpu().numpy()
    )
    if bias is None:
        return seen, None
    return seen, to_matrix(bias[0, head if bias.shape[1] > 1 else 0])


def _ask_weights(run: LayerRun, head: int) -> Matrix:
    """Have the model's own attention blend the rows of the identity matrix: what comes out are its weights."""
    key, value = run.call.key, run.value
    with torch.no_grad():
        identity = torch.eye(key.shape[2], dtype=value.dtype, device=value.device)
        return to_matrix(run.call.blend(identity.expand(*key.shape[:2], -1, -1))[0, :, head])


def _measure_scores(trace: AttentionTrace, weights: Matrix) -> float:
    """Return how far the scaled scores are from the logarithms of the model's weights, a constant in each row aside."""
    known = weights > _SMALLEST
    gaps = np.where(known, np.where(known, trace.scaled, 0.0) - np.log(np.where(known, weights, 1.0)), 0.0)
    constants = gaps.sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    return float(np.abs(np.where(known, gaps - constants, 0.0)).max())


def _compare(step: Step, anew: Matrix, model: Matrix) -> Check:
    return Check(step, float(np.abs(anew - model).max()), float(np.abs(model).max()))


def _is_same(one: Matrix, other: Matrix) -> bool:
    return bool(np.abs(one - other).max() <= _TURNED * max(np.abs(other).max(), _SMALLEST))


def _check_number(name: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        raise ArgumentError(f"{name} is {number + 1}; the model has {name}s 1 to {count}: give one of them")

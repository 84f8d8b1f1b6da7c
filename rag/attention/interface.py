"""The attention function that models run on while their attention is read, and one pass over a model with it.

The reader of the attention reaches the function through a context variable, so that any model class takes part,
whatever keywords its `forward` knows, and threads do not see each other's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.attention.call import AttentionCall
from rag.errors import ArgumentError, AttentionError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ROWS = "rag_attention_rows"
"""Name under which the attention function and its mask are registered with transformers."""

Record = Callable[[int, AttentionCall, Tensor, Tensor], None]
"""Takes the number of a layer, its call, its values (batch, key heads, length, d_v) and output (batch, length, heads,
d_v)."""

# Keywords by which a model changes its scores in ways that are not recomputed here.
_UNSUPPORTED = ("softcap", "s_aux", "sinks", "position_bias")

_switching = Lock()


def enable_capture(model: PreTrainedModel) -> None:
    """Switch a loaded model to the attention function that can hand over rows; its outputs stay those of SDPA.

    A model with an attention of its own (DeBERTa-v2, LUKE, older code loaded with a model) is left as it is, which
    forms the whole map of one layer at a time: `capture_rows` takes the rows from those. Switching again does nothing.

    Raises:
        AttentionError: The model's attention can be neither exchanged nor handed over.
    """
    _register()
    with _switching:  # half a switch would disturb captures under way in other threads
        if model.config._attn_implementation == ROWS:
            return
        if model._can_set_attn_implementation():
            try:
                model.set_attn_implementation("sdpa")  # refuses models whose attention SDPA cannot express
                model.set_attn_implementation(ROWS)
            except ValueError:
                model.set_attn_implementation("eager")
    if model.config._attn_implementation not in (ROWS, "eager"):
        raise AttentionError(
            f"{type(model).__name__} cannot hand over attention rows: it runs on "
            f"{model.config._attn_implementation!r}; expected an attention that transformers can exchange, or a model "
            "loaded with attn_implementation='eager'"
        )


def run_model(model: PreTrainedModel, inputs: Mapping[str, Tensor], record: Record) -> Any:
    """Run a model that `enable_capture` switched, and give the attention of every layer to `record`.

    Returns:
        The model's own output object.

    Raises:
        ArgumentError: The model is in training mode.
        AttentionError: Not as many layers as the model has gave their attention.
    """
    run = _Run(record)
    token = _RUN.set(run)
    try:
        output = call_model(model, inputs)
    finally:
        _RUN.reset(token)
    check_layers(model, run.layers)
    return output


def call_model(model: PreTrainedModel, inputs: Mapping[str, Tensor], **keywords: bool) -> Any:
    """Run a model in evaluation mode, without a cache of keys and values.

    Raises:
        ArgumentError: The model is in training mode.
    """
    if model.training:
        raise ArgumentError(
            f"{type(model).__name__} is in training mode; expected evaluation mode, without dropout: call model.eval()"
        )
    if "use_cache" in inspect.signature(model.forward).parameters:
        keywords["use_cache"] = False  # a single pass: the keys and values of all layers need not stay
    return model(**(keywords | dict(inputs)))


def count_layers(model: PreTrainedModel) -> int:
    """Return how many layers a model says it has.

    Raises:
        AttentionError: It does not say.
    """
    layers = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    if not isinstance(layers, int) or layers < 1:
        raise AttentionError(
            f"the configuration of {type(model).__name__} gives num_hidden_layers as {layers!r}; expected the number "
            "of its attention layers"
        )
    return layers


def check_layers(model: PreTrainedModel, found: int) -> None:
    """Refuse a pass in which layers were missing, or too many.

    Raises:
        AttentionError: It was such a pass.
    """
    expected = count_layers(model)
    if found != expected:
        raise AttentionError(
            f"{type(model).__name__} handed over attention rows of {found} layers; expected {expected}, the number in "
            "its configuration. Call enable_capture(model) first; encoder-decoder models, layers without attention "
            "and, for rollout and gradients, models with an attention of their own are not supported"
        )


@dataclass(slots=True)
class _Run:
    """One pass under way: who reads, and how many layers were read."""

    record: Record
    layers: int = 0


_RUN: ContextVar[_Run | None] = ContextVar("rag_attention_run", default=None)


@functools.cache
def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ROWS, _attend)
    # Without a mask function of the same name every mask would arrive as None, silently, and padding be looked at.
    AttentionMaskInterface.register(ROWS, sdpa_mask)


def _attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Run SDPA as transformers does; while a pass is read, hand over what it ran on, shaped as in `AttentionCall`."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    run = _RUN.get()
    unsupported = [name for name in _UNSUPPORTED if kwargs.get(name) is not None]
    if run is not None and unsupported:
        raise AttentionError(
            f"{type(module).__name__} changes its attention scores by {', '.join(unsupported)}; rows can be captured "
            "only of plain softmax(QKᵀ/√d_k): use another model"
        )

    def blend(values: Tensor) -> Tensor:
        output: Tensor
        output, _ = sdpa_attention_forward(module, query, key, values, attention_mask, scaling=scaling, **kwargs)
        return output

    output = blend(value)
    if run is None:
        return output, None
    causal = kwargs.get("is_causal")
    causal = getattr(module, "is_causal", True) if causal is None else causal
    call = AttentionCall(
        name=type(module).__name__,
        query=query,
        key=key,
        mask=attention_mask,
        causal=bool(causal) and query.shape[2] > 1,
        scaling=query.shape[3] ** -0.5 if scaling is None else scaling,
        blend=blend,
    )
    layer, run.layers = run.layers, run.layers + 1
    with torch.autocast(query.device.type, enabled=False):
        run.record(layer, call, value, output)
    return output, None

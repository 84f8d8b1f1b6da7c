"""Whole attention maps, one layer's at a time, of models whose attention cannot be exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.attention.interface import call_model, check_layers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_READER: ContextVar[object] = ContextVar("rag_attention_maps_reader", default=None)


def run_with_maps(
    model: PreTrainedModel,
    inputs: Mapping[str, Tensor],
    record: Callable[[int, Tensor], None],
    *,
    batch: int,
    length: int,
) -> Any:
    """Run a model that forms its attention maps, and give those of every layer to `record`.

    Each map is taken out of what its layer returns, so that those of all layers need not be held at a time.

    Args:
        model: In evaluation mode, running eager attention.
        inputs: Keywords of the model's forward pass.
        record: Takes the number of a layer and its map. Shape: (batch, heads, length, length).
        batch: Texts in `inputs`.
        length: Tokens of each.

    Returns:
        The model's own output object, without maps.

    Raises:
        ArgumentError: The model is in training mode.
        AttentionError: Not as many layers as the model has returned a map.
    """
    reader = object()
    shape = (batch, length, length)
    layers = 0

    def take(_module: torch.nn.Module, _arguments: object, returned: object) -> object:
        nonlocal layers
        if _READER.get() is not reader or not isinstance(returned, tuple):  # other threads may run the same model
            return None
        for place, part in enumerate(returned):
            if isinstance(part, Tensor) and part.ndim == 4 and part.shape[::2] + part.shape[3:] == shape:
                record(layers, part)
                layers += 1
                # Something empty is what the modules around pass on and collect.
                return (*returned[:place], part.new_empty(0), *returned[place + 1 :])
        return None

    hooks = [module.register_forward_hook(take) for module in model.modules()]
    token = _READER.set(reader)
    try:
        output = call_model(model, inputs, output_attentions=True)
    finally:
        _READER.reset(token)
        for hook in hooks:
            hook.remove()
    check_layers(model, layers)
    if hasattr(output, "attentions"):
        output.attentions = None
    return output

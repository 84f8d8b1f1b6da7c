"""The one place where every model's layers compute their attention, and how to look on there.

A function registered with transformers is called by each layer with the real queries, keys, values, mask and scaling,
whatever the model is called. It hands the work on to PyTorch's fused scaled dot product attention (SDPA), so outputs
stay what they are, and tells an observer of each call. The observer is a context variable: any model class takes part,
whatever keywords its `forward` knows, and threads do not see each other's calls.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.errors import AttentionError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ROWS = "rag_attention_rows"
"""Name under which the attention function and its mask are registered with transformers."""

# Keywords by which a model changes its scores in ways that are not recomputed here.
_UNSUPPORTED = ("softcap", "s_aux", "sinks", "position_bias")


@dataclass(frozen=True, slots=True)
class AttentionCall:
    """What one layer asked of its attention, and what it got.

    `query`: Shape: (batch, heads, length, d_k). `key`, `value`: Shape: (batch, key heads, length, d_k), where under
    grouped-query attention several heads share a key head. `mask`: bool (True: visible) or additive; sliding windows
    are part of it. Shape: (batch or 1, heads or 1, length, length). `causal`: without a mask, whether a token sees only
    those up to itself. `scaling`: factor of the scores. `output`: Shape: (batch, length, heads, d_k).
    `blend` is the model's attention function itself, for the same queries, keys and mask and any values.
    """

    module: torch.nn.Module
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    causal: bool
    scaling: float
    output: Tensor
    blend: Callable[[Tensor], Tensor]


Observer = Callable[[AttentionCall], None]

_OBSERVER: ContextVar[Observer | None] = ContextVar("rag_attention_observer", default=None)


def run_observed(model: PreTrainedModel, inputs: Mapping[str, Tensor], observer: Observer) -> Any:
    """Run a model once and tell the observer of each attention call, first layer first; return the model's output."""
    keywords: dict[str, Any] = dict(inputs)
    if "use_cache" in inspect.signature(model.forward).parameters:
        keywords.setdefault("use_cache", False)  # a single pass: the keys and values of all layers need not stay
    token = _OBSERVER.set(observer)
    try:
        return model(**keywords)
    finally:
        _OBSERVER.reset(token)


@functools.cache
def register_attention() -> None:
    """Make the attention function known to transformers as `ROWS`."""
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
    """Run SDPA as transformers does; where somebody looks on, tell them."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    observer = _OBSERVER.get()
    unsupported = [name for name in _UNSUPPORTED if kwargs.get(name) is not None]
    if observer is not None and unsupported:
        raise AttentionError(
            f"{type(module).__name__} changes its attention scores by {', '.join(unsupported)}; rows can be captured "
            "only of plain softmax(QKᵀ/√d_k): use another model"
        )

    def blend(values: Tensor) -> Tensor:
        output: Tensor = sdpa_attention_forward(module, query, key, values, attention_mask, scaling=scaling, **kwargs)[
            0
        ]
        return output

    output = blend(value)
    if observer is None:
        return output, None
    causal = kwargs.get("is_causal")
    causal = getattr(module, "is_causal", True) if causal is None else causal
    length = query.shape[2]
    observer(
        AttentionCall(
            module=module,
            query=query,
            key=key,
            value=value,
            mask=None if attention_mask is None else attention_mask.expand(-1, -1, length, -1),
            causal=bool(causal) and length > 1,
            scaling=query.shape[-1] ** -0.5 if scaling is None else scaling,
            output=output,
            blend=blend,
        )
    )
    return output, None

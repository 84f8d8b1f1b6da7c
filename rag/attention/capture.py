"""Read chosen rows of a model's attention while it runs at the speed and memory of SDPA.

A full attention map has length² entries a head and layer, too many for a long text. But to show where an answer looked,
only the rows of the answer's and the question's tokens are needed. So the model runs on PyTorch's fused scaled dot
product attention (SDPA), which never forms the map, and softmax(QKᵀ/√d_k) is computed a second time for those rows
alone: memory grows with layers × heads × rows × length.

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1; `rag.attention.softmax` works it through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rag.attention.calls import ROWS, AttentionCall, register_attention, run_observed
from rag.errors import ArgumentError, AttentionError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# How far weights × V may lie from SDPA's output, as a share of the largest value: rounding, by width of the numbers.
_TOLERANCES = {torch.float64: 1e-3, torch.float32: 1e-3, torch.float16: 1e-2, torch.bfloat16: 3e-2}

_switching = Lock()


@dataclass(frozen=True, slots=True)
class Captured:
    """What a model returned and where the chosen rows of its attention looked.

    `output` is the model's own output object. `rows` holds the weights of every layer, first layer first; the weights
    of one row add up to 1, masked positions receive exactly 0, and a row that may look nowhere (a padding token's) is
    all zeros. Shape: (layers, batch, heads, rows, length), float32, on the model's device.
    """

    output: Any
    rows: Tensor


def enable_capture(model: PreTrainedModel) -> None:
    """Switch a loaded model to the attention function that can hand over rows; its outputs stay those of SDPA.

    A model that is switched already is left alone: captures may be under way in other threads.

    Raises:
        AttentionError: The model has an attention of its own that cannot be exchanged (DeBERTa-v2, LUKE), or does not
            run on SDPA.
    """
    register_attention()
    with _switching:
        if model.config._attn_implementation == ROWS:
            return
        try:
            model.set_attn_implementation("sdpa")  # refuses models whose attention SDPA cannot express
            model.set_attn_implementation(ROWS)
        except ValueError as error:
            raise AttentionError(_describe_refusal(model)) from error
        if model.config._attn_implementation != ROWS:
            raise AttentionError(_describe_refusal(model))


def capture_rows(model: PreTrainedModel, inputs: Mapping[str, Tensor], rows: Tensor) -> Captured:
    """Run a model once, without gradients, and capture the attention of chosen query positions.

    Any number of threads may do so at once with the same model. A text that was generated is captured by one forward
    pass over prompt and text.

    Args:
        model: Switched by `enable_capture`, in evaluation mode.
        inputs: Keywords of the model's forward pass, on its device; `input_ids` or `inputs_embeds` among them.
        rows: Query positions wanted of each text; texts of the batch that need fewer may repeat one.
            Shape: (batch, rows), int64.

    Returns:
        The model's output and the rows of every layer.

    Raises:
        ArgumentError: `rows` does not fit the inputs, or the model is in training mode.
        AttentionError: Not every layer handed over its rows, or they do not explain the layer's output.
    """
    if model.training:
        raise ArgumentError(
            f"{type(model).__name__} is in training mode; expected evaluation mode, without dropout: call model.eval()"
        )
    recorder = _Recorder(rows=_check_rows(inputs, rows), layers=count_layers(model))
    with torch.inference_mode():
        output = run_observed(model, inputs, recorder.record)
    if recorder.weights is None or recorder.captured != recorder.layers:
        raise AttentionError(
            f"{type(model).__name__} handed over attention rows of {recorder.captured} layers; expected "
            f"{recorder.layers}, the number in its configuration. Call enable_capture(model) first; encoder-decoder "
            "models and layers without attention are not supported"
        )
    return Captured(output=output, rows=recorder.weights)


@dataclass(slots=True)
class _Recorder:
    """Collects the rows of one forward pass, layer after layer."""

    rows: Tensor
    layers: int
    captured: int = 0
    weights: Tensor | None = None

    def record(self, call: AttentionCall) -> None:
        """Compute the rows of one layer, check them against its output and keep them."""
        rows = self.rows.to(call.query.device)
        visible, bias = take_mask(call, rows)
        with torch.autocast(call.query.device.type, enabled=False):
            weights = _weigh(_take_rows(call.query, rows), call.key, visible, bias, call.scaling)
            _check_output(call.module, weights, call.value, _take_rows(call.output.transpose(1, 2), rows))
        self._add(weights)

    def _add(self, weights: Tensor) -> None:
        if self.weights is None:
            self.weights = weights.new_empty((self.layers, *weights.shape))
        if weights.shape != self.weights.shape[1:]:
            raise AttentionError(
                f"layer {self.captured} has attention rows of shape {tuple(weights.shape)}; expected that of the "
                f"layers before, {tuple(self.weights.shape[1:])}: only plain self-attention is supported"
            )
        if self.captured < self.layers:
            self.weights[self.captured] = weights
        self.captured += 1


def _take_rows(tensor: Tensor, rows: Tensor) -> Tensor:
    """Take query positions (batch, R) from (batch or 1, heads or 1, length, n) as (batch, heads or 1, R, n)."""
    return torch.take_along_dim(tensor, rows[:, None, :, None], dim=2)


def take_mask(call: AttentionCall, rows: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """Return which keys the rows may look at and what is added to their scores; None: all of them, nothing.

    Shape of each: (batch or 1, heads or 1, R, length).
    """
    if call.mask is None:
        # transformers leaves a causal mask out where SDPA's own flag says the same.
        positions = torch.arange(call.key.shape[2], device=rows.device)
        return (positions <= rows[:, None, :, None] if call.causal else None), None
    taken = _take_rows(call.mask, rows)
    if taken.dtype == torch.bool:
        return taken, None
    # "Forbidden" is written as -inf or as the lowest number there is, which a bias may have raised a little.
    return taken > torch.finfo(taken.dtype).min / 2, taken.float()


def _weigh(query: Tensor, key: Tensor, visible: Tensor | None, bias: Tensor | None, scaling: float) -> Tensor:
    """Compute softmax(QKᵀ·scaling) for the query rows taken. Shape: (batch, heads, R, length), float32."""
    batch, heads, count, size = query.shape
    # Heads that share a key head are laid under each other instead of copying the keys for each.
    grouped = query.float().reshape(batch, key.shape[1], -1, size)
    scores = (grouped @ key.float().transpose(2, 3)).view(batch, heads, count, -1)
    scores *= scaling
    if bias is not None:
        scores += bias
    if visible is None:
        return scores.softmax(dim=-1)
    # Filled twice: the softmax of a row that may look nowhere is NaN.
    return scores.masked_fill_(~visible, -torch.inf).softmax(dim=-1).masked_fill_(~visible, 0.0)


def _check_output(module: torch.nn.Module, weights: Tensor, value: Tensor, output: Tensor) -> None:
    """Refuse weights whose mean of the values is not what SDPA returned: then they are not what the model used."""
    batch, heads, count, length = weights.shape
    mean = (weights.view(batch, value.shape[1], -1, length) @ value.float()).view(batch, heads, count, -1)
    looking = weights.any(dim=-1, keepdim=True)  # what SDPA returns for rows that may look nowhere is undefined
    error = torch.where(looking, mean - output.float(), 0.0).abs().max().item()
    limit = _TOLERANCES[output.dtype] * max(value.abs().max().item(), 1e-6)
    if not error <= limit:
        raise AttentionError(
            f"the rows of {type(module).__name__} differ from its output by {error:.3g}; expected at most {limit:.3g}: "
            "it does not compute plain softmax(QKᵀ/√d_k)V, so use another model"
        )


def _check_rows(inputs: Mapping[str, Tensor], rows: Tensor) -> Tensor:
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
    return rows


def count_layers(model: PreTrainedModel) -> int:
    """Return the number of a model's attention layers.

    Raises:
        AttentionError: Its configuration does not say.
    """
    layers = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    if not isinstance(layers, int) or layers < 1:
        raise AttentionError(
            f"the configuration of {type(model).__name__} gives num_hidden_layers as {layers!r}; expected the number "
            "of its attention layers"
        )
    return layers


def _describe_refusal(model: PreTrainedModel) -> str:
    return (
        f"{type(model).__name__} cannot hand over attention rows: 0 of its {count_layers(model)} layers run on "
        "transformers' exchangeable SDPA attention; expected all of them. Use a model of the BERT, RoBERTa, ELECTRA, "
        "ModernBERT, Llama or Qwen kind instead"
    )

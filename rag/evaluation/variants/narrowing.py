"""Queries and keys made narrower: each head's d_k lowered so that its softmax changes least.

The score of query i and key j is a bilinear form, (W_q x_i + b_q)ᵀ(W_k x_j + b_k). What of it does not depend on j
leaves the softmax as it is: so b_k goes, and so does the mean of the keys. Of what is left, the best form of rank r is
given by its largest r singular values (Eckart and Young 1936), measured by the error over the states that really
occur, or, where none are known, over all directions alike. The scores stay divided by the √d_k of before: what they
approximate are the scores of before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from rag.errors import ArgumentError, ModelError
from rag.evaluation.variants.lesson import Lesson
from rag.evaluation.variants.pruning import fill_map
from rag.reading.slim_attention import AttentionLayer, AttentionShape, find_attention, reshape_attention


@dataclass(slots=True)
class States:
    """What a layer's attention was given.

    `queries`: mean of x̃x̃ᵀ, where x̃ is x with a 1 behind it. Shape: (d_model + 1, d_model + 1). `keys`: mean of xxᵀ, the
    mean of the input taken off x. Shape: (d_model, d_model).
    """

    queries: Tensor
    keys: Tensor


@dataclass(frozen=True, slots=True)
class BilinearForm:
    """One head: score(x, y) = (query · x̃)ᵀ(key · y), x̃ being x with a 1 behind.

    Shape: query (d_k, d_model + 1), key (d_k, d_model).
    """

    query: Tensor
    key: Tensor

    @property
    def matrix(self) -> Tensor:
        """The form as one matrix. Shape: (d_model + 1, d_model)."""
        return self.query.T @ self.key


def narrow_form(form: BilinearForm, size: int, *, states: States | None = None) -> BilinearForm:
    """Return the form of rank `size` nearest to one of full rank: over `states`, over all directions alike if None."""
    queries, keys = (form.query @ form.query.T, form.key @ form.key.T)
    if states is not None:
        queries, keys = (form.query @ states.queries @ form.query.T, form.key @ states.keys @ form.key.T)
    (left, left_inverse), (right, right_inverse) = _find_root(queries), _find_root(keys)
    u, values, v = torch.linalg.svd(left @ right.T)
    scale = values[:size].sqrt()[:, None]
    return BilinearForm(scale * (u.T[:size] @ left_inverse @ form.query), scale * (v[:size] @ right_inverse @ form.key))


def narrow_queries(model: PreTrainedModel, size: int, *, lessons: Sequence[Lesson] = ()) -> None:
    """Lower d_k of every head to `size`; W_q and W_k really become that narrow.

    Args:
        model: Built as BERT.
        size: The new d_k.
        lessons: Inputs whose states the error is measured over; all directions alike when there are none.

    Raises:
        ArgumentError: The size is below one or not below d_k.
        ModelError: The model is not built as BERT.
    """
    layers = find_attention(model)
    if layers is None:
        raise ModelError(
            f"{type(model).__name__}: expected the attention of BERT, RoBERTa or ELECTRA, found another: its queries "
            "cannot be made narrower, leave query_size out of the variant"
        )
    if not 1 <= size <= layers[0].query_size:
        raise ArgumentError(f"query_size is {size}; expected 1 to {layers[0].query_size}, the d_k of the model")
    states = collect_states(model, layers, lessons) if lessons else [None] * len(layers)
    forms = [read_forms(layer) for layer in layers]
    kept = [(layer.attention.value, layer.output) for layer in layers]
    reshape_attention(model, AttentionShape(tuple(layer.heads for layer in layers), size))
    for layer, heads, known, (value, output) in zip(layers, forms, states, kept, strict=True):
        narrowed = [narrow_form(form, size, states=known) for form in heads]
        query = torch.cat([form.query for form in narrowed])
        fill_map(layer.attention.query, query[:, :-1], query[:, -1])
        fill_map(layer.attention.key, torch.cat([form.key for form in narrowed]), None)
        layer.attention.value, layer.block.output.dense = value, output


def read_forms(layer: AttentionLayer) -> list[BilinearForm]:
    """Return the bilinear form of every head, in double precision."""
    query, key, size = layer.attention.query, layer.attention.key, layer.query_size
    bias = torch.zeros(query.out_features) if query.bias is None else query.bias
    whole = torch.cat([query.weight, bias[:, None].to(query.weight)], dim=1).detach().double()
    pairs = zip(whole.split(size), key.weight.detach().double().split(size), strict=True)
    return [BilinearForm(*pair) for pair in pairs]


def collect_states(model: PreTrainedModel, layers: Sequence[AttentionLayer], lessons: Sequence[Lesson]) -> list[States]:
    """Run lessons and return what the attention of each layer was given."""
    width = layers[0].attention.query.in_features
    device = layers[0].attention.query.weight.device
    sums = [
        States(*(torch.zeros(n, n, dtype=torch.float64, device=device) for n in (width + 1, width))) for _ in layers
    ]
    hooks = [
        layer.attention.query.register_forward_pre_hook(partial(_add_states, each))
        for layer, each in zip(layers, sums, strict=True)
    ]
    tokens = 0
    try:
        with torch.inference_mode():
            for lesson in lessons:
                size = int(lesson.inputs["attention_mask"].sum())
                # Padding is no state that is asked for.
                model(**{name: tensor[:, :size] for name, tensor in lesson.inputs.items()})
                tokens += size
    finally:
        for hook in hooks:
            hook.remove()
    return [States(each.queries / tokens, each.keys / tokens) for each in sums]


def _add_states(states: States, _linear: nn.Module, inputs: tuple[Any, ...]) -> None:
    x = inputs[0].flatten(0, -2).double()
    marked = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
    centred = x - x.mean(dim=0)
    states.queries += marked.T @ marked
    states.keys += centred.T @ centred


def _find_root(gram: Tensor) -> tuple[Tensor, Tensor]:
    """Return R with RᵀR = gram, and the inverse of Rᵀ within what gram spans."""
    values, vectors = torch.linalg.eigh(gram)
    spans = values > values.max().clamp(min=1e-300) * 1e-12
    roots = values.clamp(min=0).sqrt() * spans
    inverse = torch.where(spans, 1 / roots.clamp(min=1e-150), 0.0)
    return roots[:, None] * vectors.T, inverse[:, None] * vectors.T

"""What becomes of a head when a part of attention is left out or exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from rag.attention.dissection import Dissection, LayerRun, look_into
from rag.attention.heads import measure_entropy
from rag.attention.projection import LinearMap, to_matrix
from rag.attention.softmax import AttentionTrace, Matrix, blend
from rag.errors import AttentionError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change, several together if wanted.

    `without_scaling`: softmax(QKᵀ), not divided by √d_k. `shared`: keys made with W_q. `swap_values`: the values of the
    tokens in reverse order, so that each token hands out what another one had to say.
    """

    without_scaling: bool = False
    shared: bool = False
    swap_values: bool = False

    def __bool__(self) -> bool:
        """Whether anything is changed."""
        return self.without_scaling or self.shared or self.swap_values


@dataclass(frozen=True, slots=True)
class Experiment:
    """A head before and after the changes.

    `weight_change`: largest change of a weight. `moved`: mean over the tokens of the share of the gaze that went
    elsewhere, 0 to 1. `output_change`: length of the change of the head's output, as a share of the length of the
    output. `entropy_before`, `entropy_after`: mean over the tokens, bits.
    """

    changes: Changes
    before: AttentionTrace
    after: AttentionTrace
    weight_change: float
    moved: float
    output_change: float
    entropy_before: float
    entropy_after: float


def run_experiment(
    model: PreTrainedModel, inputs: Mapping[str, Tensor], dissection: Dissection, changes: Changes
) -> Experiment:
    """Compute a head anew with changes.

    Args:
        model: The model that was dissected.
        inputs: The text it was dissected for.
        dissection: The head as it is.
        changes: What to change.

    Raises:
        AttentionError: W_q or W_k, which `shared` needs, could not be found.
    """
    before = dissection.trace
    keys = _make_shared_keys(model, inputs, dissection) if changes.shared else before.k
    after = blend(
        before.q,
        keys,
        before.v[::-1] if changes.swap_values else before.v,
        mask=dissection.visible,
        bias=dissection.bias,
        scaling=1.0 if changes.without_scaling else dissection.scaling,
    )
    shift = np.abs(after.weights - before.weights)
    return Experiment(
        changes=changes,
        before=before,
        after=after,
        weight_change=float(shift.max()),
        moved=float(shift.sum(axis=1).mean() / 2),
        output_change=float(np.linalg.norm(after.output - before.output) / np.linalg.norm(before.output)),
        entropy_before=float(measure_entropy(before.weights).mean()),
        entropy_after=float(measure_entropy(after.weights).mean()),
    )


def _make_shared_keys(model: PreTrainedModel, inputs: Mapping[str, Tensor], dissection: Dissection) -> Matrix:
    """Have the model make the head's keys with W_q; whatever it does to keys after that is done to these too."""
    query, key = dissection.query, dissection.key
    if query is None or key is None or query.x.shape != key.x.shape:
        raise AttentionError(
            f"{type(model).__name__}: no linear maps make just the queries and the keys of layer "
            f"{dissection.layer + 1}, head {dissection.head + 1}, so these cannot share one; expected a model with W_q "
            "and W_k: leave this experiment out"
        )

    def exchange(number: int, output: Tensor) -> Tensor:
        if number == key.number:
            output = output.clone()
            output[..., key.columns] = output.new_tensor(query.product)
        return output

    def read(run: LayerRun, _: Sequence[LinearMap]) -> Matrix:
        return to_matrix(run.call.key[0, dissection.key_head])

    return look_into(model, inputs, read, layer=dissection.layer, exchange=exchange)

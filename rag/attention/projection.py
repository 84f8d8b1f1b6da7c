"""Where a model's queries, keys and values come from: the linear maps before its attention, found without names.

Models call these layers `query`, `q_proj`, `Wqkv` and so on, keep them apart or fused, and may normalise or turn what
comes out. So nothing is looked up by name. While a model runs, every linear map this thread computes is seen by a
PyTorch function mode, which changes nothing in the model and which other threads do not notice; and the gradient of a
head's queries (keys, values) says exactly which columns of which map they were made from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rag.attention.softmax import Matrix

_NOISE_SEED = 7


@dataclass(frozen=True, slots=True)
class Projection:
    """One head's part of a linear map of a model: x · weight + bias.

    `number` and `columns` say which of the maps of its layer, and where in its output. `x`: what the map was given, in
    most models the normalised state of each token. Shape: (tokens, d_model). `weight`: Shape: (d_model, d_k). `bias`:
    Shape: (d_k,), zeros where the model has none. `computed`: what the model itself got from the map. Shape: (tokens,
    d_k).
    """

    number: int
    columns: NDArray[np.int64]
    x: Matrix
    weight: Matrix
    bias: Matrix
    computed: Matrix

    @property
    def product(self) -> Matrix:
        """The product x · weight + bias, computed anew. Shape: (tokens, d_k)."""
        product: Matrix = self.x @ self.weight + self.bias
        return product


@dataclass(frozen=True, slots=True)
class LinearMap:
    """One linear map a model computed. `weight`: Shape: (d_model, d_out). `output` begins a gradient of its own."""

    x: Tensor
    weight: Tensor
    bias: Tensor | None
    output: Tensor

    def take(self, columns: Tensor, *, number: int) -> Projection:
        """Cut out the columns of one head; `number`: the map's own."""
        bias = self.weight.new_zeros(len(columns)) if self.bias is None else self.bias[columns]
        return Projection(
            number=number,
            columns=columns.cpu().numpy(),
            x=to_matrix(self.x.reshape(-1, self.x.shape[-1])),
            weight=to_matrix(self.weight[:, columns]),
            bias=to_matrix(bias),
            computed=to_matrix(self.output.reshape(-1, self.output.shape[-1])[:, columns]),
        )


Exchange = Callable[[int, Tensor], Tensor]
"""Given the number of a map among those of a layer and its output, returns what to use in the output's place."""


class LinearWatch(TorchFunctionMode):
    """Collects the linear maps computed while it is entered; `exchange` may put other outputs in their place.

    `maps` is emptied, and `exchange` set, by whoever looks on. A gradient reaches back to the
    outputs of the maps and no further.
    """

    def __init__(self, exchange: Exchange | None = None) -> None:
        """Prepare to watch."""
        super().__init__()
        self.maps: list[LinearMap] = []
        self.exchange = exchange

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let everything be computed as it is, and note linear maps."""
        output = func(*args, **(kwargs or {}))
        if func is torch.nn.functional.linear:
            x, weight, bias = _read_linear(*args, **(kwargs or {}))
        elif func is torch.addmm and len(args) == 3 and not kwargs:  # the linear layers of GPT-2
            bias, x, weight = args
        else:
            return output
        output = output.detach()
        if self.exchange is not None:
            output = self.exchange(len(self.maps), output)
        output.requires_grad_()
        self.maps.append(LinearMap(x.detach(), weight.detach(), None if bias is None else bias.detach(), output))
        return output


def find_projection(part: Tensor, maps: Sequence[LinearMap]) -> Projection | None:
    """Find the columns of a linear map from which a head's queries, keys or values were made.

    Args:
        part: The head's queries, keys or values. Shape: (tokens, d_k).
        maps: What was computed before them, in the layer.

    Returns:
        None where they do not come from exactly d_k columns of one map, as when a norm runs across all heads.
    """
    if not part.requires_grad or not maps:
        return None
    noise = torch.randn(part.shape, generator=torch.Generator().manual_seed(_NOISE_SEED)).to(part)
    gradients = torch.autograd.grad(
        (part * noise).sum(), [each.output for each in maps], allow_unused=True, retain_graph=True
    )
    columns = [
        torch.empty(0, dtype=torch.int64) if each is None else each.flatten(0, -2).any(dim=0).nonzero().flatten()
        for each in gradients
    ]
    sources = [number for number, each in enumerate(columns) if len(each)]
    if len(sources) != 1 or len(columns[sources[0]]) != part.shape[-1]:
        return None
    return maps[sources[0]].take(columns[sources[0]], number=sources[0])


def to_matrix(tensor: Tensor) -> Matrix:
    """Copy a tensor into double precision NumPy."""
    return tensor.detach().to("cpu", torch.float64).numpy().astype(np.float64)


def _read_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor | None]:
    return x, weight.T, bias

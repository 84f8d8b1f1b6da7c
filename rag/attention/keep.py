"""What stays of captured attention rows: chosen layers and heads, means over rows, heads or layers."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from rag.attention.call import Block
from rag.errors import ArgumentError, AttentionError

Axis = Literal["layers", "heads"]
"""What a mean can be taken of."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Say what stays of the rows; the rest is dropped block by block while the model runs, so it takes no memory.

    `layers` and `heads`: their numbers from 0, in the order wanted; None: all. `pool` mixes the rows of each text into
    groups, such as the means over the tokens of the answer and of the question. Shape: (batch, groups, rows), floating
    point. `average` names what the mean is taken of; its axis stays, with size 1.
    """

    layers: Sequence[int] | None = None
    heads: Sequence[int] | None = None
    pool: Tensor | None = None
    average: Collection[Axis] = ()


@dataclass(slots=True)
class RowStore:
    """Gathers the rows that stay. `layers` is the number of layers of the model, `rows`: Shape: (batch, rows)."""

    keep: Keep
    layers: int
    rows: Tensor
    weights: Tensor | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        keep = self.keep
        _check_numbers("layers", keep.layers, self.layers)
        unknown = set(keep.average) - {"layers", "heads"}
        if unknown:
            raise ArgumentError(f"average names {sorted(unknown)}; expected 'layers', 'heads' or both")
        if keep.pool is not None:
            batch, count = self.rows.shape
            shape = tuple(keep.pool.shape)
            if len(shape) != 3 or shape[0] != batch or shape[1] == 0 or shape[2] != count:
                raise ArgumentError(f"pool has shape {shape}; expected ({batch}, at least 1, {count}): groups by rows")
            if not keep.pool.is_floating_point():
                raise ArgumentError(f"pool is {keep.pool.dtype}; expected floating point: the share of each row")

    def wants(self, layer: int) -> bool:
        """Say whether anything of a layer stays; nothing does of layers beyond those a model says it has."""
        return layer in (range(self.layers) if self.keep.layers is None else self.keep.layers)

    def open(self, layer: int, batch: int, heads: int, length: int, device: torch.device) -> None:
        """Make room when the first wanted layer comes, and see that the others are alike.

        Raises:
            ArgumentError: `Keep.heads` names heads the layer does not have.
            AttentionError: The layer's heads or length are not those of the layers before.
        """
        keep = self.keep
        _check_numbers("heads", keep.heads, heads)
        sizes = {
            "layers": self.layers if keep.layers is None else len(keep.layers),
            "heads": heads if keep.heads is None else len(keep.heads),
        }
        groups = self.rows.shape[1] if keep.pool is None else keep.pool.shape[1]
        self.share = 1 / math.prod(sizes[axis] for axis in set(keep.average))
        deep, wide = (1 if axis in keep.average else size for axis, size in sizes.items())
        shape = (deep, batch, wide, groups, length)
        if self.weights is None:  # zeros of this size take no memory until they are written to
            self.weights = torch.zeros(shape, dtype=torch.float32, device=device)
        if self.weights.shape != shape:
            raise AttentionError(
                f"layer {layer} has attention rows of shape {shape[1:]}; expected that of the layers before, "
                f"{tuple(self.weights.shape[1:])}: only plain self-attention is supported"
            )

    def add(self, layer: int, block: Block) -> None:
        """Take in a block of a wanted layer after `open`; heads that were chosen come one by one."""
        keep, weights, heads, rows = self.keep, block.weights, block.heads, block.rows
        if "heads" in keep.average:
            weights, heads = weights.sum(dim=1, keepdim=True), slice(None)
        elif keep.heads is not None:
            place = keep.heads.index(heads.start)
            heads = slice(place, place + 1)
        if keep.pool is not None:
            weights, rows = keep.pool[:, None, :, rows].to(weights) @ weights, slice(None)
        place = layer if keep.layers is None else keep.layers.index(layer)
        place = 0 if "layers" in keep.average else place
        store = self.close()
        store[place, :, heads, rows].add_(weights.to(store.device), alpha=self.share)

    def close(self) -> Tensor:
        """Return what stayed. Shape: (layers, batch, heads, rows or groups, length), float32."""
        if self.weights is None:
            raise AttentionError("no layer handed over rows; expected at least one")
        return self.weights


def _check_numbers(name: str, numbers: Sequence[int] | None, count: int) -> None:
    if numbers is None:
        return
    if not numbers or min(numbers) < 0 or max(numbers) >= count or len(set(numbers)) < len(numbers):
        raise ArgumentError(
            f"{name} are {list(numbers)}; expected at least one, each once and from 0 to {count - 1}, as the model has"
        )

"""One layer's attention as a model ran it, computed a second time for chosen rows, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rag.errors import AttentionError

# Weights computed at a time, in numbers: 1 MiB of them, and as much again for their scores. Small beside the states of
# a long text and within a processor's cache, yet long enough to keep it busy.
_BLOCK = 2**18

# How far weights × V may lie from SDPA's output, as a share of the largest value: rounding, by width of the numbers.
_TOLERANCES = {torch.float64: 1e-3, torch.float32: 1e-3, torch.float16: 1e-2, torch.bfloat16: 6e-2}


@dataclass(frozen=True, slots=True)
class Block:
    """The weights of some heads and some of the rows asked for.

    `rows`, `heads` and `keys` say which of the rows asked for, of the heads and of the key heads these are.
    `weights`: Shape: (batch, heads, rows, length), float32.
    """

    rows: slice
    heads: slice
    keys: slice
    weights: Tensor


@dataclass(frozen=True, slots=True)
class AttentionCall:
    """What one layer gave to its attention.

    `name` is the class of the layer. `query`: Shape: (batch, heads, length, d_k). `key`: Shape: (batch, key heads,
    length, d_k), where under grouped-query attention several heads share a key head. `mask`: Shape: (batch or 1, heads
    or 1, length or 1, length), bool (True: visible) or additive; sliding windows are part of it. Without one, a
    `causal` layer looks at nothing after its own position. `scaling` is what scores are multiplied by.
    `blend` is the model's attention function itself, for the same queries, keys and mask and any values.
    """

    name: str
    query: Tensor
    key: Tensor
    mask: Tensor | None
    causal: bool
    scaling: float
    blend: Callable[[Tensor], Tensor]

    def weigh(self, rows: Tensor, *, heads: Sequence[int] | None = None) -> Iterator[Block]:
        """Compute softmax(QKᵀ·scaling) for chosen rows in blocks that need little memory, whatever the length.

        The weights of a row add up to 1, masked positions receive exactly 0, and a row that may look nowhere is all
        zeros.

        Args:
            rows: Query positions. Shape: (batch, rows), int64.
            heads: Which heads; None: all.

        Returns:
            Blocks that hold each wanted head and row once.
        """
        batch, count, _, size = self.query.shape
        key_heads, length = self.key.shape[1:3]
        group = count // key_heads
        tall = max(1, _BLOCK // (batch * group * length))
        for start in range(0, rows.shape[1], tall):
            chosen = rows[:, start : start + tall]
            visible, bias = self.take_mask(chosen)
            wide = max(1, _BLOCK // (chosen.numel() * group * length))
            for keys, span in _split_heads(count, key_heads, heads, wide):
                # Only the keys of these heads are widened to float32, and heads that share a key head are laid under
                # each other instead of copying it for each.
                key = self.key[:, keys].float().transpose(2, 3)
                query = take_rows(self.query[:, span], chosen).float() * self.scaling
                scores = query.reshape(batch, key.shape[1], -1, size) @ key
                scores = scores.view(batch, query.shape[1], -1, length)
                if bias is not None:
                    scores += _take_heads(bias, span)
                if visible is None:
                    weights = scores.softmax(dim=-1)
                else:
                    # Filled twice: the softmax of a row that may look nowhere is NaN.
                    hidden = ~_take_heads(visible, span)
                    weights = scores.masked_fill_(hidden, -torch.inf).softmax(dim=-1).masked_fill_(hidden, 0.0)
                yield Block(slice(start, start + chosen.shape[1]), span, keys, weights)

    def take_mask(self, rows: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return which keys the rows may look at and what is added to their scores; None: all of them, nothing."""
        if self.mask is None:
            # transformers leaves a causal mask out where SDPA's own flag says the same.
            positions = torch.arange(self.key.shape[2], device=rows.device)
            return (positions <= rows[:, None, :, None] if self.causal else None), None
        # One row may stand for all.
        taken = take_rows(self.mask.expand(-1, -1, self.query.shape[2], -1), rows)
        if taken.dtype == torch.bool:
            return taken, None
        # "Forbidden" is written as -inf or as the lowest number there is, which a bias may have raised a little.
        return taken > torch.finfo(taken.dtype).min / 2, taken.float()


@dataclass(slots=True)
class OutputCheck:
    """Refuses weights whose mean of the values is not what the layer returned: then the model used others.

    `value`: Shape: (batch, key heads, length, d_v). `output`: that of the rows. Shape: (batch, heads, rows, d_v).
    """

    value: Tensor
    output: Tensor
    error: Tensor | None = None

    def add(self, block: Block) -> None:
        """Compare one block."""
        value = self.value[:, block.keys].float()
        weights, output = block.weights, self.output[:, block.heads, block.rows]
        mean = (weights.reshape(*value.shape[:2], -1, value.shape[2]) @ value).view(output.shape)
        looking = weights.amax(dim=-1, keepdim=True) > 0  # what SDPA returns for rows that look nowhere is undefined
        error = torch.where(looking, mean - output.float(), 0.0).abs().max()
        self.error = error if self.error is None else torch.maximum(self.error, error)

    def close(self, name: str) -> None:
        """Judge all that was compared.

        Raises:
            AttentionError: The weights do not explain the output of the layer called `name`.
        """
        if self.error is None:
            return
        low, high = torch.aminmax(self.value)
        limit = _TOLERANCES[self.output.dtype] * max(-low.item(), high.item(), 1e-6)
        error = self.error.item()
        if not error <= limit:
            raise AttentionError(
                f"the rows of {name} differ from its output by {error:.3g}; expected at most {limit:.3g}: it does not "
                "compute plain softmax(QKᵀ/√d_k)V, so use another model"
            )


def take_rows(tensor: Tensor, rows: Tensor) -> Tensor:
    """Take query positions (batch, R) from (batch or 1, heads or 1, length, n) as (batch, heads or 1, R, n)."""
    return torch.take_along_dim(tensor, rows[:, None, :, None], dim=2)


def _take_heads(tensor: Tensor, heads: slice) -> Tensor:
    return tensor if tensor.shape[1] == 1 else tensor[:, heads]


def _split_heads(count: int, key_heads: int, chosen: Sequence[int] | None, wide: int) -> Iterator[tuple[slice, slice]]:
    """Yield key heads and their heads, `wide` key heads at a time, or one chosen head after the other."""
    group = count // key_heads
    if chosen is not None:
        yield from ((slice(head // group, head // group + 1), slice(head, head + 1)) for head in chosen)
        return
    for start in range(0, key_heads, wide):
        stop = min(start + wide, key_heads)
        yield slice(start, stop), slice(start * group, stop * group)

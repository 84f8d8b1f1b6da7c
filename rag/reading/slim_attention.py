"""Attention with fewer heads and narrower queries than a configuration of transformers can say.

BERT and its kin give all layers the same heads, and queries, keys and values one size. Here each layer has heads of its
own number, and d_k may be smaller than the size of the values. The entry `slim_attention` of a model's configuration
says so: a folder with it is loaded by `rag.reading.loading` as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.bert.modeling_bert import eager_attention_forward

from rag.errors import ModelError

ENTRY = "slim_attention"
Model = TypeVar("Model", bound=PreTrainedModel)


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """Number of heads of each layer, and d_k: the size of the queries and keys of each head."""

    heads: tuple[int, ...]
    query_size: int


@dataclass(frozen=True, slots=True)
class AttentionLayer:
    """The four maps of one layer's attention: W_q, W_k and W_v lie in `attention`, `output` is W_o."""

    attention: Any
    block: Any

    @property
    def output(self) -> nn.Linear:
        """W_o, which takes the heads side by side."""
        linear: nn.Linear = self.block.output.dense
        return linear

    @property
    def value_size(self) -> int:
        """Size of the values of one head."""
        return int(self.attention.attention_head_size)

    @property
    def heads(self) -> int:
        """Heads there are."""
        return self.output.in_features // self.value_size

    @property
    def query_size(self) -> int:
        """Size d_k of the queries and keys of one head."""
        query: nn.Linear = self.attention.query
        return query.out_features // self.heads


class SlimAttention:
    """The forward pass of a layer whose values are larger than its queries; put before the class of transformers."""

    config: Any
    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    dropout: nn.Dropout
    training: bool
    scaling: float
    query_size: int
    attention_head_size: int

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        cache: None = None,  # noqa: ARG002 (what transformers hands over to decoders)
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend as the class of transformers does. Shape of `hidden_states`: (batch, length, d_model)."""
        size = self.attention_head_size
        query, key = (_part(each(hidden_states), self.query_size) for each in (self.query, self.key))
        value = _part(self.value(hidden_states), size)
        if self.config._attn_implementation != "eager" and self.query_size < size:
            # With three equal sizes SDPA runs a fused kernel, four times as fast; zeros change no score.
            query, key = (pad(each, (0, size - self.query_size)) for each in (query, key))
        attend: Callable[..., tuple[Tensor, Tensor | None]] = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )
        dropout = self.dropout.p if self.training else 0.0
        output, weights = attend(
            self, query, key, value, attention_mask, dropout=dropout, scaling=self.scaling, **kwargs
        )
        return output.reshape(*hidden_states.shape[:-1], -1).contiguous(), weights


def find_attention(model: PreTrainedModel) -> list[AttentionLayer] | None:
    """Find the attention of every layer, first layer first; None where it is not built as in BERT and its kin."""
    blocks = [
        module
        for module in model.base_model.modules()
        if isinstance(getattr(getattr(module, "output", None), "dense", None), nn.Linear)
        and all(
            isinstance(getattr(getattr(module, "self", None), name, None), nn.Linear)
            for name in ("query", "key", "value")
        )
        and all(hasattr(module.self, name) for name in ("attention_head_size", "scaling", "dropout"))
    ]
    if not blocks or len(blocks) != getattr(model.config, "num_hidden_layers", None):
        return None
    return [AttentionLayer(block.self, block) for block in blocks]


def reshape_attention(model: PreTrainedModel, shape: AttentionShape) -> list[AttentionLayer]:
    """Give the attention of a model new, untrained maps of that shape and write the shape into its configuration.

    The scores keep being divided by the √d_k of the configuration.

    Raises:
        ModelError: The model is not built as BERT, or the shape does not fit it.
    """
    layers = find_attention(model)
    if layers is None:
        raise ModelError(
            f"{type(model).__name__}: expected the attention of BERT, RoBERTa or ELECTRA, found another; only there "
            "can heads be taken out and queries made narrower"
        )
    size = layers[0].value_size
    if len(shape.heads) != len(layers) or min(shape.heads) < 1 or not 1 <= shape.query_size <= size:
        raise ModelError(
            f"{ENTRY}: heads {list(shape.heads)} and query_size {shape.query_size}; expected one number of heads, 1 or "
            f"more, for each of {len(layers)} layers, and 1 to {size}"
        )
    kind: type[nn.Module] = type(layers[0].attention)
    derived = kind if issubclass(kind, SlimAttention) else type(f"Slim{kind.__name__}", (SlimAttention, kind), {})
    for layer, heads in zip(layers, shape.heads, strict=True):
        attention, hidden = layer.attention, layer.output.out_features
        for name, width in (("query", shape.query_size), ("key", shape.query_size), ("value", size)):
            setattr(attention, name, nn.Linear(hidden, heads * width))
        layer.block.output.dense = nn.Linear(heads * size, hidden)
        attention.query_size = shape.query_size
        if not isinstance(attention, SlimAttention):
            attention.__class__ = derived
    setattr(model.config, ENTRY, {"heads": list(shape.heads), "query_size": shape.query_size})
    return layers


def read_shape(entry: object, *, place: str) -> AttentionShape:
    """Read the entry of a configuration.

    Raises:
        ModelError: It is not what `reshape_attention` writes.
    """
    match entry:
        case {"heads": [*heads], "query_size": int(size)} if all(type(each) is int for each in heads):
            return AttentionShape(tuple(heads), size)
    raise ModelError(f"{place}: {ENTRY} is {entry!r}; expected heads, a list of numbers, and query_size, a number")


def choose_class(kind: type[Model], config: object, *, place: str) -> type[Model]:
    """Return the class that builds a model as its configuration says.

    Raises:
        ModelError: The entry of the configuration cannot be understood.
    """
    entry = getattr(config, ENTRY, None)
    if entry is None:
        return kind
    shape = read_shape(entry, place=place)

    def build(self: Any, config: Any, *rest: Any, **options: Any) -> None:
        kind.__init__(self, config, *rest, **options)
        reshape_attention(self, shape)

    return type(kind.__name__, (kind,), {"__init__": build, "__module__": kind.__module__})


def _part(tensor: Tensor, size: int) -> Tensor:
    """Part the heads. Shape: (batch, heads, length, size)."""
    return tensor.view(*tensor.shape[:-1], -1, size).transpose(1, 2)

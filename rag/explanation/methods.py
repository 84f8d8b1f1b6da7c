"""The explanation methods by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import ArgumentError
from rag.explanation.attention_methods import CalibratedAttention, GradientAttention, RawAttention, Rollout
from rag.explanation.controls import RandomScore, RetrieverScore
from rag.explanation.explanation import METHODS
from rag.explanation.method import Method
from rag.explanation.removal_methods import LeaveOneOut, Surrogate

if TYPE_CHECKING:
    from rag.reading.span_reader import SpanReader


def build_method(name: str, reader: SpanReader, *, seed: int = 0) -> Method:
    """Build a method for a reader.

    Args:
        name: One of `METHODS`.
        reader: Whose answers are explained.
        seed: Of what is random about it.

    Raises:
        ArgumentError: There is no such method, or the reader's folder holds no weights of its heads.
    """
    if name == "calibrated":
        if reader.head_weights is None:
            raise ArgumentError(
                f"{reader.name} has no head_weights.json; expected the weights of its heads beside it: learn them by "
                "`python -m rag.training.head_weights FOLDER --squad FILE`, or choose another method"
            )
        return CalibratedAttention(reader.head_weights)
    methods: dict[str, Method] = {
        "mean": RawAttention(),
        "rollout": Rollout(),
        "gradient": GradientAttention(),
        "surrogate": Surrogate(seed=seed),
        "removal": LeaveOneOut(),
        "retriever": RetrieverScore(),
        "random": RandomScore(seed=seed),
    }
    if name not in methods:
        raise ArgumentError(f"method is {name!r}; expected one of {', '.join(METHODS)}")
    return methods[name]


def choose_method(reader: SpanReader) -> str:
    """Name the method an explanation uses unless another is asked for."""
    return "mean" if reader.head_weights is None else "calibrated"

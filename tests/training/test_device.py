"""Nothing is tied to one device: tensors without memory refuse to meet those of the processor."""

from __future__ import annotations

import pytest
import torch

from rag.errors import ArgumentError
from rag.reading.precision import choose_precision, computes_in_half
from rag.training.device import choose_device
from rag.training.embedder import embed
from rag.training.span_examples import Example
from rag.training.span_loss import measure_loss

META = torch.device("meta")


def test_the_loss_is_where_the_logits_are() -> None:
    batch = [
        Example([1] * 6, [0] * 6, list(range(6)), start=3, end=4, head=3, question=0),
        Example([1] * 6, [0] * 6, list(range(6)), start=0, end=0, head=3, question=0),
    ]
    logits = torch.zeros(2, 6, device=META), torch.zeros(2, 6, device=META)
    assert measure_loss(logits, batch, shared=0.5).device == META


def test_vectors_are_where_the_table_is() -> None:
    assert embed(torch.zeros(10, 4, device=META), [[1, 2], [3]]).device == META


def test_a_device_that_is_not_there_is_said() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ArgumentError, match="device 'gpu' cannot be used here"):
        choose_device("gpu")


@pytest.mark.parametrize("capable", [True, False])
def test_precision_follows_the_device(monkeypatch: pytest.MonkeyPatch, capable: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": capable})
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: capable)
    assert computes_in_half(torch.device("cpu")) == capable
    assert computes_in_half(torch.device("cuda")) == capable
    weights = torch.ones(2, 2)
    with choose_precision(torch.device("cpu")):
        assert (weights @ weights).dtype == (torch.bfloat16 if capable else torch.float32)

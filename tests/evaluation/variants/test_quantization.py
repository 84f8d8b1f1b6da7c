"""Number formats: int8 stays near, takes less, and what a machine lacks is said."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rag.errors import ModelError
from rag.evaluation.variants import quantization
from rag.evaluation.variants.quantization import FormattedReader, check_format, measure_weights, quantize, set_format
from tests.evaluation.variants.test_pruning import run
from tests.reading import tiny

CPU = torch.device("cpu")


def build_reader() -> FormattedReader:
    return FormattedReader(tiny.build_bert_model(), tiny.build_bert_tokenizer(), name="tiny")


def test_int8_is_near_single_precision() -> None:
    reader, rounded = build_reader(), build_reader()
    set_format(reader, "fp32")
    set_format(rounded, "int8")
    expected, found = run(reader), run(rounded)
    assert 0 < (found - expected).abs().max() < 0.1 * expected.abs().max()


def test_a_row_is_rounded_by_its_own_scale() -> None:
    linear = torch.nn.Linear(64, 2, bias=False)
    linear.weight.data = torch.stack([torch.linspace(-100, 100, 64), torch.linspace(-0.01, 0.01, 64)])
    (rounded,) = quantize(torch.nn.Sequential(linear))
    errors = (rounded.weight().dequantize() - linear.weight).abs().amax(dim=1)
    assert (errors < torch.tensor([100 / 127, 0.01 / 127])).all()


def test_weights_are_counted_once_and_in_their_format() -> None:
    model: Any = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Embedding(10, 64))
    assert measure_weights(model) == 4 * (64 * 32 + 32 + 640)
    assert measure_weights(quantize(model)) == 64 * 32 + 4 * 32 + 32 * 16 + 4 * 640


def test_formats_a_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantization, "computes_in_half", lambda device: False)
    check_format("auto", CPU)
    check_format("fp32", CPU)
    with pytest.raises(ModelError, match="bf16: cpu of this machine does not multiply bfloat16 itself"):
        set_format(build_reader(), "bf16")
    with pytest.raises(ModelError, match="int8: cuda, quantised kernels"):
        check_format("int8", torch.device("cuda"))


def test_the_format_asked_for_is_computed_in() -> None:
    reader = build_reader()
    for precision, expected in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        reader.number_format = precision  # type: ignore[assignment]
        with torch.inference_mode(), reader.precision():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected

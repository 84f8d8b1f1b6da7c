"""Attention times gradient of chosen rows against autograd on the maps of transformers' own eager attention."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from rag.attention.capture import Keep, enable_capture
from rag.attention.gradients import capture_gradients
from rag.errors import ArgumentError, AttentionError
from tests.attention.tiny import MAPS, MODELS, ROW_POSITIONS, SIX, build_inputs, read_logits


def choose_answer(output: Any) -> Tensor:
    """Start and end logit of an answer in each text; of a decoder, two words it might write."""
    if "start_logits" in output:
        return output.start_logits[0, 7] + output.end_logits[0, 9] + output.start_logits[1, 8]
    return output.logits[0, 16, 3] + output.logits[1, 12, 5]


def multiply_eagerly(model: Any, inputs: dict[str, Tensor]) -> Tensor:
    """Shape: (layers, batch, heads, rows, length)."""
    model = copy.deepcopy(model)
    model.set_attn_implementation("eager")
    output = model(**inputs, output_attentions=True)
    gradients = torch.autograd.grad(choose_answer(output), output.attentions)
    products = torch.stack([map_.detach() * slope for map_, slope in zip(output.attentions, gradients, strict=True)])
    return torch.take_along_dim(products, ROW_POSITIONS[None, :, None, :, None], dim=3)


@pytest.mark.parametrize("layout", ["unmasked", "left", "right"])
@pytest.mark.parametrize("kind", SIX)
def test_products_equal_those_of_autograd_on_eager_maps(kind: str, layout: str) -> None:
    model, inputs = MODELS[kind](), build_inputs(layout)
    expected = multiply_eagerly(model, inputs)
    assert expected.abs().max() > 0.1
    enable_capture(model)
    captured = capture_gradients(model, inputs, ROW_POSITIONS, choose_answer)
    torch.testing.assert_close(captured.rows, expected, atol=1e-4, rtol=0)
    assert captured.rows.dtype == torch.float32
    with torch.inference_mode():
        torch.testing.assert_close(read_logits(captured.output).detach(), read_logits(model(**inputs)))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_frozen_models_blocks_and_what_is_kept(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.attention.call._BLOCK", 60)
    model, inputs = MODELS[kind](), build_inputs("left")
    expected = multiply_eagerly(model, inputs)[[2, 1]].mean(2, keepdim=True)
    enable_capture(model.requires_grad_(False))
    keep = Keep(layers=[2, 1], average=["heads"])
    with torch.inference_mode():  # as the caller may be
        rows = capture_gradients(model, inputs, ROW_POSITIONS, choose_answer, keep=keep).rows
    torch.testing.assert_close(rows, expected, atol=1e-4, rtol=0)


def test_layers_the_objective_does_not_depend_on_get_nothing() -> None:
    model, inputs = MODELS["bert"](), build_inputs("unpadded")
    model.config.output_hidden_states = True
    enable_capture(model)
    rows = capture_gradients(model, inputs, ROW_POSITIONS, lambda output: output.hidden_states[1][0, 7, 0]).rows
    assert rows[0, 0, :, 0].abs().max() > 0
    assert (rows[1:] == 0).all()


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (
            lambda output: output.start_logits[0],
            r"the objective has shape \(24,\) and requires_grad=True; expected one",
        ),
        (lambda output: torch.tensor(1.0), r"shape \(\) and requires_grad=False"),
    ],
)
def test_an_objective_that_is_no_number_of_the_output_is_named(objective: Any, message: str) -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with pytest.raises(ArgumentError, match=message):
        capture_gradients(model, build_inputs("unpadded"), ROW_POSITIONS, objective)


def test_models_with_an_attention_of_their_own_are_refused() -> None:
    model = MAPS["deberta-v2"]()
    enable_capture(model)
    with pytest.raises(
        AttentionError, match=r"0 layers; expected 3.*for rollout and gradients, models with an attention"
    ):
        capture_gradients(model, build_inputs("unpadded"), ROW_POSITIONS, choose_answer)

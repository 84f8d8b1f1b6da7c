"""Rows out of the maps of models whose attention cannot be exchanged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from rag.attention.capture import Keep, capture_rows, enable_capture
from rag.errors import AttentionError
from tests.attention.tiny import MAPS, ROW_POSITIONS, build_inputs, read_logits


@pytest.mark.parametrize("layout", ["unpadded", "right"])
@pytest.mark.parametrize("kind", MAPS)
def test_maps_of_models_with_an_attention_of_their_own_hand_over_rows(kind: str, layout: str) -> None:
    model = MAPS[kind]()
    inputs = build_inputs(layout)
    with torch.inference_mode():
        plain = model(**inputs, output_attentions=True)
    hooks = sum(len(module._forward_hooks) for module in model.modules())  # those of transformers itself
    expected = torch.take_along_dim(torch.stack(plain.attentions), ROW_POSITIONS[None, :, None, :, None], dim=3)
    if kind != "bert loaded eager":
        enable_capture(model)
    captured = capture_rows(model, inputs, ROW_POSITIONS)
    torch.testing.assert_close(captured.rows, expected)
    assert torch.equal(read_logits(captured.output), read_logits(plain))
    assert captured.output.attentions is None
    chosen = capture_rows(model, inputs, ROW_POSITIONS, keep=Keep(layers=[2, 0], heads=[3, 1])).rows
    torch.testing.assert_close(chosen, expected[[2, 0]][:, :, [3, 1]])
    assert sum(len(module._forward_hooks) for module in model.modules()) == hooks, "a hook was left behind"


def test_maps_are_dropped_layer_by_layer() -> None:
    model = MAPS["deberta-v2"]()
    enable_capture(model)
    held: list[int] = []

    def count(_module: Any, _arguments: Any, returned: Any) -> None:
        held.append(sum(part.numel() for part in returned[1:] if part is not None))

    for layer in model.deberta.encoder.layer:
        layer.register_forward_hook(count)
    capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS)
    assert held == [0, 0, 0]


def test_threads_see_their_own_maps() -> None:
    model = MAPS["deberta-v2"]()
    tasks = [(build_inputs("right", seed), torch.tensor([[seed], [seed + 1]])) for seed in range(4)]
    expected = [capture_rows(model, inputs, rows).rows for inputs, rows in tasks]
    with ThreadPoolExecutor(len(tasks)) as pool:
        found = list(pool.map(lambda task: capture_rows(model, *task).rows, tasks * 4))
    torch.testing.assert_close(torch.stack(found), torch.stack(expected * 4))


def test_maps_of_missing_layers_are_noticed() -> None:
    model = MAPS["deberta-v2"]()
    model.config.num_hidden_layers = 4
    with pytest.raises(
        AttentionError, match="DebertaV2ForQuestionAnswering handed over attention rows of 3 layers; exp"
    ):
        capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS)

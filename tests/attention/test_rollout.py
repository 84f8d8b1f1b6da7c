from __future__ import annotations

import pytest
import torch

from rag.attention.capture import enable_capture
from rag.attention.rollout import build_rollout, capture_rollout
from rag.errors import ArgumentError, AttentionError
from tests.attention.tiny import MAPS, MODELS, ROW_POSITIONS, SIX, build_inputs, read_logits, run


def test_two_layers_worked_by_hand() -> None:
    # Layer 1: token 0 looks at token 1 only, token 1 at itself. Layer 2: both look at token 0.
    first = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    second = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    # With the residual: [[.5, .5], [0, 1]] and [[1, 0], [.5, .5]]; second @ first = [[.5, .5], [.25, .75]].
    rollout = build_rollout(torch.stack([first, second])[:, None, None])
    torch.testing.assert_close(rollout, torch.tensor([[[0.5, 0.5], [0.25, 0.75]]]))


def test_heads_are_averaged_and_texts_kept_apart() -> None:
    left, right = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    maps = torch.stack([torch.stack([left, right]), torch.stack([left, left])])[None]
    rollout = build_rollout(maps)
    torch.testing.assert_close(rollout[0], torch.tensor([[0.75, 0.25], [0.25, 0.75]]))
    torch.testing.assert_close(rollout[1], torch.tensor([[1.0, 0.0], [0.5, 0.5]]))


def test_rows_add_up_to_one_through_many_layers() -> None:
    maps = torch.rand((6, 2, 3, 5, 5), generator=torch.Generator().manual_seed(3), dtype=torch.float64).softmax(-1)
    rollout = build_rollout(maps)
    assert rollout.dtype == torch.float32
    torch.testing.assert_close(rollout.sum(-1), torch.ones(2, 5))


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 1, 1, 3, 4), (0, 1, 1, 2, 2), (1, 1, 0, 2, 2)])
def test_maps_that_are_not_square_or_missing_raise(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match="expected \\(layers, batch, heads, length, length\\)"):
        build_rollout(torch.zeros(shape))


@pytest.mark.parametrize("size", [100, 2**18])
@pytest.mark.parametrize("layout", ["unmasked", "left", "right"])
@pytest.mark.parametrize("kind", [*SIX, "qwen3-sliding"])
def test_captured_rows_equal_those_of_whole_maps(
    kind: str, layout: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, inputs = MODELS[kind](), build_inputs(layout)
    plain = run(model, "eager", inputs, output_attentions=True)
    expected = torch.take_along_dim(build_rollout(torch.stack(plain.attentions)), ROW_POSITIONS[:, :, None], dim=1)
    monkeypatch.setattr("rag.attention.call._BLOCK", size)
    enable_capture(model)
    captured = capture_rollout(model, inputs, ROW_POSITIONS)
    assert captured.rows.amax(-1).mean() < 0.9, "little flows between tokens, so that the comparison shows nothing"
    torch.testing.assert_close(captured.rows, expected, atol=1e-4, rtol=0)
    assert torch.equal(read_logits(captured.output), read_logits(run(model, "sdpa", inputs)))


def test_models_with_an_attention_of_their_own_roll_out_of_maps_only() -> None:
    model = MAPS["deberta-v2"]()
    enable_capture(model)
    with pytest.raises(
        AttentionError, match=r"0 layers; expected 3.*for rollout and gradients, models with an attention"
    ):
        capture_rollout(model, build_inputs("unpadded"), ROW_POSITIONS)

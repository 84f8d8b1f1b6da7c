"""Rows captured beside SDPA against the maps of transformers' own eager attention, on tiny random models."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from rag.attention.capture import capture_rows, enable_capture
from rag.attention.rollout import build_rollout
from rag.errors import ArgumentError, AttentionError
from tests.attention.tiny import (
    LAYOUTS,
    LENGTH,
    MODELS,
    ROW_POSITIONS,
    SIX,
    build_inputs,
    read_logits,
    run,
    take_eager,
)


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    return MODELS[request.param]()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_equal_eager_maps_and_the_output_that_of_sdpa(model: Any, layout: str) -> None:
    inputs = build_inputs(layout)
    expected = take_eager(model, inputs, ROW_POSITIONS)
    plain = run(model, "sdpa", inputs)
    enable_capture(model)

    captured = capture_rows(model, inputs, ROW_POSITIONS)

    assert captured.rows.shape == (3, 2, 4, 3, LENGTH)
    assert captured.rows.dtype == torch.float32
    torch.testing.assert_close(captured.rows, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(captured.rows.sum(-1), torch.ones(3, 2, 4, 3))
    assert captured.rows.amax(-1).mean() > 0.4, "attention is near uniform, so that the comparison shows nothing"
    assert torch.equal(read_logits(captured.output), read_logits(plain))
    with torch.inference_mode():
        assert torch.equal(read_logits(model(**inputs)), read_logits(plain))
    if "attention_mask" in inputs:
        padding = inputs["attention_mask"][None, :, None, None, :] == 0
        assert (captured.rows.masked_select(padding) == 0.0).all()


def test_local_layers_see_their_window_only() -> None:
    model = MODELS["modernbert"]()
    enable_capture(model)
    rows = capture_rows(model, build_inputs("unpadded"), torch.tensor([[12], [12]])).rows
    seen = (rows > 0).any(dim=(1, 2, 3))
    assert seen[0].sum() == LENGTH
    assert seen[1].nonzero().flatten().tolist() == list(range(8, 17))


@pytest.mark.parametrize("layout", ["left", "right"])
@pytest.mark.parametrize("kind", SIX)
def test_bfloat16_rows_equal_eager_maps(kind: str, layout: str) -> None:
    # Narrower weights than elsewhere: where scores are in the tens, two bfloat16 passes differ by whole weights.
    model = MODELS[kind]()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight *= 0.35 if weight.ndim > 1 or "q_norm" in name else 1.0
    model = model.bfloat16()
    inputs = build_inputs(layout)
    expected = take_eager(model, inputs, ROW_POSITIONS).float()
    enable_capture(model)
    rows = capture_rows(model, inputs, ROW_POSITIONS).rows
    torch.testing.assert_close(rows, expected, atol=2e-2, rtol=0)
    assert rows.amax(-1).mean() > 0.1, "attention is near uniform, so that the comparison shows nothing"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_half_precision_rows_are_computed_in_full(kind: str, dtype: torch.dtype) -> None:
    model = MODELS[kind]().to(dtype)
    enable_capture(model)
    rows = capture_rows(model, build_inputs("left"), ROW_POSITIONS).rows
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows.sum(-1), torch.ones(3, 2, 4, 3), atol=1e-5, rtol=0)


def test_rows_stay_exact_under_autocast() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rows = capture_rows(model, build_inputs("right"), ROW_POSITIONS).rows
    torch.testing.assert_close(rows.sum(-1), torch.ones(3, 2, 4, 3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("minimum", [-torch.inf, torch.finfo(torch.float32).min], ids=["infinite", "lowest"])
@pytest.mark.parametrize("height", [1, LENGTH], ids=["one row for all", "square"])
def test_an_additive_mask_counts_like_a_bool_one(height: int, minimum: float) -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    inputs = build_inputs("right")
    expected = capture_rows(model, inputs, ROW_POSITIONS).rows
    visible = inputs["attention_mask"].bool()[:, None, None, :].expand(-1, 1, height, -1)
    additive = torch.zeros(visible.shape).masked_fill(~visible, minimum)
    rows = capture_rows(model, inputs | {"attention_mask": additive}, ROW_POSITIONS).rows
    torch.testing.assert_close(rows, expected)
    assert (rows[:, 1, :, :, -7:] == 0.0).all()


def test_an_additive_bias_shifts_the_rows() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    inputs = build_inputs("unpadded")
    bias = torch.randn((1, 4, LENGTH, LENGTH), generator=torch.Generator().manual_seed(1))  # one bias a head
    expected = take_eager(model, inputs | {"attention_mask": bias}, ROW_POSITIONS)
    rows = capture_rows(model, inputs | {"attention_mask": bias}, ROW_POSITIONS).rows
    torch.testing.assert_close(rows, expected, atol=1e-4, rtol=0)
    assert not torch.allclose(rows, capture_rows(model, inputs, ROW_POSITIONS).rows, atol=1e-2)


def test_rows_of_padding_tokens_that_see_nothing_are_zero() -> None:
    model = MODELS["llama"]()
    enable_capture(model)
    rows = capture_rows(model, build_inputs("left"), torch.tensor([[9, 10], [9, 0]])).rows
    assert (rows[:, 1, :, 1] == 0.0).all()
    torch.testing.assert_close(rows[:, 1, :, 0].sum(-1), torch.ones(3, 4))


def test_embeddings_serve_as_inputs_and_the_cache_is_off() -> None:
    model = MODELS["llama"]()
    enable_capture(model)
    inputs = build_inputs("unpadded")
    embeddings = {"inputs_embeds": model.get_input_embeddings()(inputs["input_ids"]).detach()}
    captured = capture_rows(model, embeddings, ROW_POSITIONS)
    torch.testing.assert_close(captured.rows, capture_rows(model, inputs, ROW_POSITIONS).rows)
    assert captured.output.past_key_values is None
    assert not captured.output.logits.requires_grad


def test_generation_is_untouched_and_its_text_captured_afterwards() -> None:
    model = MODELS["llama"]()
    prompt = build_inputs("unpadded")
    plain = model.generate(**prompt, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    enable_capture(model)
    written = model.generate(**prompt, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    assert torch.equal(written, plain)
    rows = torch.arange(LENGTH - 1, LENGTH + 3).expand(2, -1)  # the positions that wrote the four tokens
    captured = capture_rows(model, {"input_ids": written}, rows)
    assert torch.equal(captured.output.logits[:, LENGTH - 1 : -1].argmax(-1), written[:, LENGTH:])
    torch.testing.assert_close(
        captured.rows, take_eager(model, {"input_ids": written}, rows), atol=1e-4, rtol=0
    )  # fmt: skip


def test_every_position_as_a_row_gives_maps_for_rollout() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    inputs = build_inputs("unpadded")
    rows = torch.arange(LENGTH).expand(2, -1)
    rollout = build_rollout(capture_rows(model, inputs, rows).rows)
    torch.testing.assert_close(rollout, build_rollout(take_eager(model, inputs, rows)), atol=1e-4, rtol=0)


def test_threads_see_their_own_rows() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    tasks = [(build_inputs("right", seed), torch.tensor([[seed], [seed + 1]])) for seed in range(8)]
    expected = [capture_rows(model, inputs, rows).rows for inputs, rows in tasks]
    found: list[list[Tensor]] = [[] for _ in tasks]
    start = threading.Barrier(len(tasks))

    def work(number: int) -> None:
        start.wait()
        found[number] += [capture_rows(model, *tasks[number]).rows for _ in range(5)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for repeats, rows in zip(found, expected, strict=True):
        assert len(repeats) == 5
        for repeat in repeats:
            torch.testing.assert_close(repeat, rows, atol=1e-6, rtol=0)


def test_a_model_not_switched_is_refused() -> None:
    with pytest.raises(AttentionError, match=r"0 layers; expected 3.*Call enable_capture\(model\) first"):
        capture_rows(MODELS["bert"](), build_inputs("unpadded"), ROW_POSITIONS)


def test_an_encoder_decoder_is_refused() -> None:
    torch.manual_seed(0)
    sizes = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = transformers.BartConfig(vocab_size=64, max_position_embeddings=64, pad_token_id=0, **sizes, **heads)
    model = transformers.BartForQuestionAnswering(config).eval()
    enable_capture(model)
    with pytest.raises(AttentionError, match="BartForQuestionAnswering handed over attention rows of 6 layers"):
        capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS)


def test_scores_changed_by_the_model_are_refused() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with pytest.raises(AttentionError, match="BertSelfAttention changes its attention scores by softcap"):
        capture_rows(model, build_inputs("unpadded") | {"softcap": torch.tensor(30.0)}, ROW_POSITIONS)
    with pytest.raises(AttentionError, match="by s_aux"):
        capture_rows(model, build_inputs("unpadded") | {"s_aux": torch.zeros(4)}, ROW_POSITIONS)


def test_rows_that_do_not_explain_the_output_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.integrations import sdpa_attention

    original = sdpa_attention.sdpa_attention_forward

    def attend_backwards(module: Any, query: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, None]:
        return original(module, -query, *args, **kwargs)

    model = MODELS["bert"]()
    enable_capture(model)
    monkeypatch.setattr(sdpa_attention, "sdpa_attention_forward", attend_backwards)
    with pytest.raises(AttentionError, match="the rows of BertSelfAttention differ from its output by"):
        capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (torch.tensor([[0], [LENGTH]]), "rows reach from 0 to 24; expected positions from 0 to 23"),
        (torch.tensor([[-1], [0]]), "rows reach from -1 to 0"),
        (torch.tensor([[0]]), r"shape \(1, 1\); expected torch.int64 of shape \(2, at least 1\)"),
        (torch.tensor([0, 1]), r"shape \(2,\)"),
        (torch.zeros((2, 0), dtype=torch.int64), r"shape \(2, 0\)"),
        (torch.tensor([[0.0], [1.0]]), "rows are torch.float32"),
    ],
    ids=["too far", "negative", "batch", "vector", "none", "float"],
)
def test_rows_that_do_not_fit_the_inputs_are_named(rows: Tensor, message: str) -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with pytest.raises(ArgumentError, match=message):
        capture_rows(model, build_inputs("unpadded"), rows)


def test_training_mode_and_missing_inputs_are_named() -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with pytest.raises(ArgumentError, match=r"inputs hold \['attention_mask'\]; expected input_ids"):
        capture_rows(model, {"attention_mask": torch.ones((2, 4))}, ROW_POSITIONS)
    with pytest.raises(ArgumentError, match=r"training mode.*model.eval\(\)"):
        capture_rows(model.train(), build_inputs("unpadded"), ROW_POSITIONS)


def test_importing_loads_no_more_than_it_must() -> None:
    code = (
        "import sys, rag.attention, rag.attention.softmax; assert 'torch' not in sys.modules\n"
        "import rag.attention.capture; assert 'transformers' not in sys.modules"  # so nothing was registered with it
    )
    subprocess.run([sys.executable, "-c", code], check=True)

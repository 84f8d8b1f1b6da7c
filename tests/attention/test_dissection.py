"""Every step of a head against the model's own, on tiny random models of many makes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rag.attention.capture import enable_capture
from rag.attention.dissection import Dissection, dissect
from rag.errors import ArgumentError, AttentionError
from tests.attention.tiny import GROUPED, MODELS, build, build_inputs, read_logits, run

LAB_MODELS: dict[str, Callable[[], Any]] = MODELS | {
    "qwen2": lambda: build("Qwen2", "ForCausalLM", **GROUPED),
    "gpt2": lambda: build(
        "GPT2", "LMHeadModel", n_head=4, n_embd=32, n_layer=3, bos_token_id=None, eos_token_id=None
    ),
}  # fmt: skip
TURNING = {"modernbert", "llama", "qwen2", "qwen3", "qwen3-sliding", "granite"}
STEPS = ["q", "k", "v", "scores", "scaled", "weights", "output"]


def take_one(seed: int = 5) -> dict[str, torch.Tensor]:
    return {name: tensor[:1] for name, tensor in build_inputs("unpadded", seed).items()}


def switch(kind: str) -> Any:
    model = LAB_MODELS[kind]()
    enable_capture(model)
    return model


@pytest.mark.parametrize("kind", LAB_MODELS)
def test_every_step_is_the_models_own(kind: str) -> None:
    model = switch(kind)
    eager = run(model, "eager", take_one(), output_attentions=True).attentions
    for layer, head in ((0, 0), (1, 3), (2, 1)):
        found = dissect(model, take_one(), layer=layer, head=head)
        assert [check.step for check in found.checks] == STEPS
        assert [check.step for check in found.checks if not check.passed] == []
        assert max(check.difference for check in found.checks) < 1e-4
        assert found.difference == found.checks[-1].difference
        np.testing.assert_allclose(found.trace.weights, eager[layer][0, head].numpy(), atol=1e-4)
        assert found.query is not None
        assert found.query.x.shape == (24, 32)
        assert found.query.weight.shape == (32, 8)
        assert found.turned == ({"q", "k"} if kind in TURNING else set())


def test_weights_and_states_are_those_of_the_layer() -> None:
    model = switch("bert")
    found = dissect(model, take_one(), layer=1, head=2)
    attention = model.bert.encoder.layer[1].attention.self
    states = run(model, "sdpa", take_one(), output_hidden_states=True).hidden_states[1][0]
    parts = ((found.query, attention.query), (found.key, attention.key), (found.value, attention.value))
    for projection, linear in parts:
        assert projection is not None
        np.testing.assert_allclose(projection.x, states.numpy(), atol=1e-5)
        np.testing.assert_array_equal(projection.weight, linear.weight.detach()[16:24].T.numpy())
        np.testing.assert_array_equal(projection.bias, linear.bias.detach()[16:24].numpy())


def test_heads_of_a_group_share_keys_and_values() -> None:
    model = switch("llama")
    heads = [dissect(model, take_one(), layer=0, head=head) for head in range(4)]
    assert [each.key_head for each in heads] == [0, 0, 1, 1]
    np.testing.assert_array_equal(heads[0].trace.v, heads[1].trace.v)
    assert not np.allclose(heads[1].trace.v, heads[2].trace.v)


def test_masks_are_the_models_own() -> None:
    causal = dissect(switch("llama"), take_one(), layer=1, head=0)
    np.testing.assert_array_equal(causal.visible, np.tril(np.ones((24, 24), dtype=bool)))
    assert (causal.trace.weights[~causal.visible] == 0.0).all()
    local = dissect(switch("modernbert"), take_one(), layer=1, head=0)
    distance = np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    np.testing.assert_array_equal(local.visible, distance <= 4)


def test_a_scaling_of_the_models_own_is_used() -> None:
    assert dissect(switch("granite"), take_one(), layer=0, head=0).scaling == 0.6
    assert dissect(switch("bert"), take_one(), layer=0, head=0).scaling == pytest.approx(8**-0.5)


def test_where_no_map_makes_just_one_head_it_begins_with_q_k_v() -> None:
    model = build("Olmo2", "ForCausalLM", **GROUPED)  # its norm runs over all heads
    enable_capture(model)
    found = dissect(model, take_one(), layer=1, head=3)
    assert found.query is None
    assert found.key is None
    assert found.value is not None
    assert [check.step for check in found.checks] == STEPS[2:]
    assert all(check.passed for check in found.checks)


def test_a_model_that_computes_something_else_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.integrations import sdpa_attention

    original = sdpa_attention.sdpa_attention_forward
    model = switch("bert")
    monkeypatch.setattr(
        sdpa_attention,
        "sdpa_attention_forward",
        lambda module, query, *args, **kw: original(module, -query, *args, **kw),
    )
    failed = [check.step for check in dissect(model, take_one(), layer=0, head=0).checks if not check.passed]
    assert failed == ["scores", "scaled", "weights", "output"]


def test_looking_leaves_no_trace_in_the_model_and_none_in_other_threads() -> None:
    model = switch("qwen3")
    plain = read_logits(run(model, "sdpa", take_one()))
    expected = [dissect(model, take_one(seed), layer=1, head=1).trace.output for seed in range(6)]
    found: dict[int, Dissection] = {}

    def work(seed: int) -> None:
        found[seed] = dissect(model, take_one(seed), layer=1, head=1)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, output in enumerate(expected):
        np.testing.assert_allclose(found[seed].trace.output, output, atol=1e-5)
    with torch.inference_mode():
        assert torch.equal(read_logits(model(**take_one())), plain)


def test_numbers_and_texts_that_do_not_fit_are_named() -> None:
    model = switch("bert")
    with pytest.raises(ArgumentError, match="layer is 4; the model has layers 1 to 3"):
        dissect(model, take_one(), layer=3, head=0)
    with pytest.raises(ArgumentError, match="head is 0; the model has heads 1 to 4"):
        dissect(model, take_one(), layer=0, head=-1)
    with pytest.raises(ArgumentError, match="inputs hold 2 texts; expected a single one"):
        dissect(model, build_inputs("unpadded"), layer=0, head=0)


def test_a_model_not_switched_is_refused() -> None:
    with pytest.raises(
        AttentionError, match=r"handed over attention rows of 0 layers.*Call enable_capture\(model\) first"
    ):
        dissect(MODELS["bert"](), take_one(), layer=0, head=0)

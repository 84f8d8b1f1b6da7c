from __future__ import annotations

import numpy as np
import pytest

from rag.attention.capture import enable_capture
from rag.attention.dissection import dissect
from rag.attention.experiment import Changes, Experiment, run_experiment
from rag.attention.softmax import softmax
from rag.errors import AttentionError
from tests.attention.test_dissection import switch, take_one
from tests.attention.tiny import GROUPED, build


def change(kind: str, changes: Changes) -> Experiment:
    model = switch(kind)
    return run_experiment(model, take_one(), dissect(model, take_one(), layer=1, head=3), changes)


def test_nothing_is_changed_unless_asked_for() -> None:
    assert not Changes()
    assert Changes(shared=True)
    result = change("bert", Changes())
    np.testing.assert_array_equal(result.after.output, result.before.output)
    assert (result.weight_change, result.moved, result.output_change) == (0.0, 0.0, 0.0)


def test_without_scaling_the_gaze_narrows() -> None:
    result = change("bert", Changes(without_scaling=True))
    np.testing.assert_allclose(result.after.weights, softmax(result.before.scores))
    assert result.entropy_after < result.entropy_before - 0.5
    assert 0 < result.moved <= result.weight_change <= 1


def test_values_in_reverse_change_what_is_taken_and_not_the_gaze() -> None:
    result = change("llama", Changes(swap_values=True))
    np.testing.assert_array_equal(result.after.weights, result.before.weights)
    np.testing.assert_allclose(result.after.output, result.before.weights @ result.before.v[::-1])
    assert result.moved == 0.0
    assert result.output_change > 0.1


@pytest.mark.parametrize("kind", ["bert", "roberta", "albert", "gpt2", "modernbert", "llama", "qwen2"])
def test_shared_keys_are_the_queries_turned_alike(kind: str) -> None:
    result = change(kind, Changes(shared=True))
    np.testing.assert_allclose(result.after.k, result.before.q, atol=1e-4)
    assert np.abs(result.after.k - result.before.k).max() > 0.1
    assert result.moved > 0.01


def test_the_models_own_norm_of_keys_is_kept() -> None:
    result = change("qwen3", Changes(shared=True))
    np.testing.assert_allclose(  # both norms bring to one length; the queries' is three times as large
        np.linalg.norm(result.after.k, axis=1), np.linalg.norm(result.before.k, axis=1), rtol=1e-3
    )
    np.testing.assert_allclose(result.after.k * 3.0, result.before.q, atol=1e-3)


def test_keys_cannot_be_shared_where_w_q_is_not_found() -> None:
    model = build("Olmo2", "ForCausalLM", **GROUPED)
    enable_capture(model)
    found = dissect(model, take_one(), layer=1, head=0)
    with pytest.raises(AttentionError, match=r"layer 2, head 1.*leave this experiment out"):
        run_experiment(model, take_one(), found, Changes(shared=True))
    assert run_experiment(model, take_one(), found, Changes(swap_values=True)).output_change > 0

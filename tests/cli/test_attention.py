"""`rag attention` on the shipped reader."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rag.cli import main

TEXT = "猫が庭で鳴く。"


def test_json_holds_all_numbers_and_they_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attention", TEXT, "--layer", "2", "--head", "10", "--swap-values", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "".join(found["tokens"]) == f"[CLS]{TEXT}[SEP]"
    assert (found["layer"], found["head"], found["key_head"], found["turned"]) == (2, 10, 10, [])
    query = found["projections"]["q"]
    np.testing.assert_allclose(np.array(query["x"]) @ query["weight"] + query["bias"], found["steps"]["q"], atol=1e-9)
    steps = {name: np.array(values) for name, values in found["steps"].items()}
    np.testing.assert_allclose(steps["q"] @ steps["k"].T / np.sqrt(32), steps["scaled"], atol=1e-9)
    np.testing.assert_allclose(steps["weights"] @ steps["v"], steps["output"], atol=1e-9)
    assert all(check["passed"] and check["difference"] < 1e-4 for check in found["checks"].values())
    assert found["experiment"]["moved"] == 0.0
    assert found["experiment"]["output_change"] > 0
    assert len(found["heads"]) == 72
    head = next(each for each in found["heads"] if (each["layer"], each["head"]) == (2, 10))
    assert head["shares"]["previous"] > 0.5
    assert "previous" in head["habits"]


def test_terminal_shows_steps_checks_and_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attention", TEXT, "--question", "何が鳴きますか", "--without-scaling", "--shared"]) == 0
    text = capsys.readouterr().out
    for shown in (
        "Q = X W_q + b_q",
        "QKᵀ ÷ 5.66",
        "softmax",
        "weights × V",
        "質問から答えへ",
        "W_k = W_q",
        "エントロピー",
    ):
        assert shown in text
    assert text.count("✓") == 7
    assert "✗" not in text


def test_a_head_that_is_not_there_is_an_input_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attention", TEXT, "--head", "13", "--json"]) == 2
    assert "head is 13; the model has heads 1 to 12" in capsys.readouterr().err


def test_a_model_that_cannot_be_loaded_is_an_input_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attention", TEXT, "--model", "/nowhere/none", "--json"]) == 2
    assert "/nowhere/none: cannot be loaded" in capsys.readouterr().err

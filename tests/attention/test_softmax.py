"""Three tokens worked by hand: 猫, が, 鳴く, four features each, d_k = 3, d_v = 2.

`W_Q` is √3 ln 2 times whole numbers, so that dividing by √d_k = √3 leaves whole multiples of ln 2 and the softmax
whole powers of two: 猫 scores (1, 0, 1) -> 2 : 1 : 2, が (1, 1, 1) -> 1 : 1 : 1, 鳴く (2, 0, 0) -> 4 : 1 : 1.
"""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rag.attention import softmax as softmax_module
from rag.attention.softmax import attend, softmax
from rag.errors import ArgumentError

UNIT = math.sqrt(3) * math.log(2)
X = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]])
W_Q = UNIT * np.array([[0, 0, 1], [1, 1, 0], [0, 0, 0], [2, 0, 0]])
W_K = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]])
W_V = np.array([[30, 0], [0, 30], [0, 0], [30, 30]])


def test_every_step_has_the_values_worked_by_hand() -> None:
    trace = attend(X, W_Q, W_K, W_V)
    np.testing.assert_allclose(trace.q, UNIT * np.array([[0, 0, 1], [1, 1, 0], [2, 0, 0]]))
    np.testing.assert_array_equal(trace.k, [[1, 0, 1], [0, 1, 0], [0, 1, 1]])
    np.testing.assert_array_equal(trace.v, [[30, 0], [0, 30], [30, 30]])
    np.testing.assert_allclose(trace.scores, UNIT * np.array([[1, 0, 1], [1, 1, 1], [2, 0, 0]]))
    np.testing.assert_allclose(trace.scaled, math.log(2) * np.array([[1, 0, 1], [1, 1, 1], [2, 0, 0]]))
    np.testing.assert_allclose(trace.weights, [[2 / 5, 1 / 5, 2 / 5], [1 / 3] * 3, [2 / 3, 1 / 6, 1 / 6]])
    np.testing.assert_allclose(trace.output, [[24, 18], [20, 20], [25, 10]])


def test_a_causal_mask_hides_the_future_exactly() -> None:
    trace = attend(X, W_Q, W_K, W_V, mask=np.tri(3, dtype=bool))
    np.testing.assert_allclose(trace.weights, [[1, 0, 0], [1 / 2, 1 / 2, 0], [2 / 3, 1 / 6, 1 / 6]])
    assert (trace.weights[np.triu_indices(3, 1)] == 0.0).all()
    assert (trace.scaled[np.triu_indices(3, 1)] == -np.inf).all()
    assert np.isfinite(trace.scores).all()
    np.testing.assert_allclose(trace.output, [[30, 0], [15, 15], [25, 10]])


def test_without_scaling_the_softmax_is_sharper() -> None:
    trace = attend(X, W_Q, W_K, W_V, scale=False)
    power = 2 ** math.sqrt(3)  # 3.32 where scaling gives 2
    np.testing.assert_allclose(trace.weights[0], np.array([power, 1, power]) / (2 * power + 1))
    np.testing.assert_allclose(trace.weights[2], np.array([power**2, 1, 1]) / (power**2 + 2))
    np.testing.assert_array_equal(trace.scaled, trace.scores)


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_equals_torch(causal: bool) -> None:
    random = np.random.default_rng(7)
    x, w_q, w_k = random.normal(size=(9, 6)), random.normal(size=(6, 5)), random.normal(size=(6, 5))
    w_v = random.normal(size=(6, 4))
    trace = attend(x, w_q, w_k, w_v, mask=np.tri(9, dtype=bool) if causal else None)
    q, k, v = (torch.from_numpy(array)[None, None] for array in (trace.q, trace.k, trace.v))
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)[0, 0].numpy()
    np.testing.assert_allclose(trace.output, expected, atol=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(-1e6, 1e6))
def test_softmax_shares_add_up_to_one_keep_order_and_ignore_a_common_shift(scores: list[float], shift: float) -> None:
    shares = softmax(scores)
    assert shares.sum() == pytest.approx(1.0)
    assert (np.diff(shares[np.argsort(scores)]) >= 0).all()
    np.testing.assert_allclose(softmax(np.array(scores) + shift), shares, atol=1e-8)


def test_softmax_of_huge_scores_does_not_overflow() -> None:
    np.testing.assert_array_equal(softmax([[1e300, 0.0], [-1e300, -np.inf]]), [[1.0, 0.0], [1.0, 0.0]])


@pytest.mark.parametrize("bad", [-np.inf, np.nan, np.inf], ids=["masked", "nan", "infinite"])
def test_softmax_of_a_row_without_shares_raises(bad: float) -> None:
    with pytest.raises(ArgumentError, match=r"row \[1\] is undefined"):
        softmax([[0.0, 1.0], [bad, bad]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": X[0]}, r"x has shape \(4,\)"),
        ({"w_k": W_K[:3]}, "w_k has 3 rows; expected 4"),
        ({"w_q": W_Q[:, :2]}, "w_q has 2 columns and w_k 3"),
        ({"mask": np.ones((3, 3))}, "mask is float64"),
        ({"mask": np.ones((2, 3), dtype=bool)}, r"mask is bool of shape \(2, 3\); expected bool of shape \(3, 3\)"),
        ({"mask": np.zeros((3, 3), dtype=bool)}, "leave at least one column"),
    ],
    ids=["vector", "features", "d_k", "float mask", "mask shape", "blind"],
)
def test_what_does_not_fit_is_named(changes: dict[str, np.ndarray], message: str) -> None:
    arguments = {"x": X, "w_q": W_Q, "w_k": W_K, "w_v": W_V, "mask": None} | changes
    mask = arguments.pop("mask")
    with pytest.raises(ArgumentError, match=message):
        attend(**arguments, mask=mask)


def test_the_walk_through_in_the_module_docstring_is_true() -> None:
    outcome = doctest.testmod(softmax_module)
    assert outcome.failed == 0
    assert outcome.attempted >= 9


def test_queries_keys_and_values_suffice() -> None:
    trace = attend(X, W_Q, W_K, W_V)
    again = softmax_module.blend(trace.q, trace.k, trace.v, scaling=1 / math.sqrt(3))
    np.testing.assert_array_equal(again.weights, trace.weights)


def test_a_bias_is_added_to_the_scaled_scores() -> None:
    trace = attend(X, W_Q, W_K, W_V)
    bias = math.log(2) * np.array([[1, 0, 1], [0, 0, 0], [0, 2, 2]])  # 鳴く: 2, 0 + 2, 0 + 2 -> 1 : 1 : 1
    biased = softmax_module.blend(trace.q, trace.k, trace.v, bias=bias, scaling=1 / math.sqrt(3))
    np.testing.assert_allclose(biased.weights, [[0.4444444, 0.1111111, 0.4444444], [1 / 3] * 3, [1 / 3] * 3], atol=1e-6)

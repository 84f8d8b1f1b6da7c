r"""Attention worked through in plain NumPy: Q, K, V and the softmax, every step kept for inspection.

A text enters a model as a matrix `x` with one row a token. Attention lets every token gather what it needs from the
others, in five steps:

1. Each token is multiplied by three learned matrices and so plays three parts:
   its *query* (Q = x W_Q: what am I looking for?), its *key* (K = x W_K: what can I be found by?) and its
   *value* (V = x W_V: what do I hand over once found?).
2. *Scores* = Q Kᵀ. Entry (i, j) is the dot product of the query of token i with the key of token j: large where they
   point the same way.
3. *Scaled* = scores / √d_k, where d_k is the length of a query. A dot product of d_k terms of variance 1 has
   variance d_k, so long vectors would give far-apart scores, the softmax would pick one token and learning would
   stop; the division brings the variance back to 1.
4. *Weights* = softmax(scaled), row by row: eˢ / Σ eˢ. Every weight lies between 0 and 1 and each row adds up to 1, so
   row i says how token i divides its gaze over all tokens. These rows are what this project draws over a document.
   Where a mask forbids a look (padding; the future, in a model that writes from left to right) the score becomes −∞
   and the weight exactly 0.
5. *Output* = weights V: for every token, the mean of all values, weighted by its gaze.

Three tokens of four features each, with d_k = 3. `w_q` holds multiples of √3 ln 2, which makes the scaled scores
multiples of ln 2 and every weight a plain fraction:

>>> import numpy as np
>>> x = np.array([[1, 0, 1, 0],    # 猫
...               [0, 1, 0, 0],    # が
...               [0, 0, 1, 1]])   # 鳴く
>>> w_q = np.sqrt(3) * np.log(2) * np.array([[0, 0, 1], [1, 1, 0], [0, 0, 0], [2, 0, 0]])
>>> w_k = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]])
>>> w_v = np.array([[30, 0], [0, 30], [0, 0], [30, 30]])
>>> trace = attend(x, w_q, w_k, w_v)
>>> trace.k  # the key of 猫 is the sum of the rows of w_k for its features 0 and 2
array([[1., 0., 1.],
       [0., 1., 0.],
       [0., 1., 1.]])
>>> np.round(trace.scaled / np.log(2), 6)  # 鳴く, in the last row, asks for the feature that only 猫 answers with
array([[1., 0., 1.],
       [1., 1., 1.],
       [2., 0., 0.]])
>>> np.round(trace.weights, 3)  # e to the n ln 2 is 2ⁿ: the last row is 4 : 1 : 1, that is 2/3, 1/6, 1/6
array([[0.4  , 0.2  , 0.4  ],
       [0.333, 0.333, 0.333],
       [0.667, 0.167, 0.167]])
>>> np.round(trace.output, 6)  # 鳴く: 2/3 of (30, 0), 1/6 of (0, 30) and 1/6 of (30, 30)
array([[24., 18.],
       [20., 20.],
       [25., 10.]])

A model repeats this in many *heads* side by side, each with matrices of its own, and in many *layers* one upon the
other; `rag.attention.capture` reads the weights of all of them out of a real model, and `rag.attention.dissection` goes
through these steps with the numbers of one of its heads.

Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rag.errors import ArgumentError

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AttentionTrace:
    """Every step of one attention, in the order it is computed.

    `q`, `k`: Shape: (tokens, d_k). `v`: Shape: (tokens, d_v). `scores` (Q Kᵀ), `scaled` (divided by √d_k, with −∞ where
    the mask forbids) and `weights` (their softmax; rows add up to 1): Shape: (tokens, tokens), row looks at column.
    `output`: Shape: (tokens, d_v).
    """

    q: Matrix
    k: Matrix
    v: Matrix
    scores: Matrix
    scaled: Matrix
    weights: Matrix
    output: Matrix


def softmax(scores: ArrayLike) -> Matrix:
    """Turn scores into shares that add up to 1 along the last axis.

    The largest score is subtracted first: the shares stay the same, and e to a large score cannot overflow.

    Args:
        scores: Any real numbers; −∞ receives a share of exactly 0. Shape: (..., n).

    Returns:
        Shares between 0 and 1. Shape: (..., n).

    Raises:
        ArgumentError: A row is all −∞, or holds NaN or +∞, so that it has no shares.
    """
    values = np.asarray(scores, dtype=np.float64)
    largest = values.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        row = np.argwhere(~np.isfinite(largest[..., 0])).tolist()[0]
        raise ArgumentError(
            f"softmax of row {row} is undefined: its largest score is {largest[*row, 0]}; "
            "expected a finite one, so leave at least one column of every row unmasked"
        )
    powers = np.exp(values - largest)
    shares: Matrix = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def attend(
    x: ArrayLike,
    w_q: ArrayLike,
    w_k: ArrayLike,
    w_v: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    scale: bool = True,
) -> AttentionTrace:
    """Compute softmax(Q Kᵀ / √d_k) V for one head and keep every step.

    Args:
        x: One row a token. Shape: (tokens, d_model).
        w_q: Query matrix. Shape: (d_model, d_k).
        w_k: Key matrix. Shape: (d_model, d_k).
        w_v: Value matrix. Shape: (d_model, d_v).
        mask: True where the token of the row may look at the token of the column. Shape: (tokens, tokens).
        scale: Divide the scores by √d_k; switch it off to see what the division is for.

    Returns:
        The trace of the seven arrays.

    Raises:
        ArgumentError: The shapes do not fit, or the mask leaves a token nothing to look at.

    Source:
        Vaswani et al. 2017, "Attention Is All You Need", equation 1.
    """
    tokens, query, key, value = (np.asarray(matrix, dtype=np.float64) for matrix in (x, w_q, w_k, w_v))
    _check_shapes(tokens, query, key, value)
    q, k, v = tokens @ query, tokens @ key, tokens @ value
    return blend(q, k, v, mask=mask, scaling=1 / math.sqrt(q.shape[1]) if scale else 1.0)


def blend(
    q: Matrix,
    k: Matrix,
    v: Matrix,
    *,
    mask: ArrayLike | None = None,
    bias: Matrix | None = None,
    scaling: float,
) -> AttentionTrace:
    """Compute the steps from queries, keys and values on: softmax(Q Kᵀ · scaling) V.

    Args:
        q: Queries. Shape: (tokens, d_k).
        k: Keys. Shape: (tokens, d_k).
        v: Values. Shape: (tokens, d_v).
        mask: True where the token of the row may look at the token of the column. Shape: (tokens, tokens).
        bias: What a model adds to its scaled scores. Shape: (tokens, tokens).
        scaling: Factor of the scores; 1/√d_k in most models.

    Returns:
        The trace of the seven arrays.

    Raises:
        ArgumentError: The mask does not fit, or leaves a token nothing to look at.
    """
    scores = q @ k.T
    scaled = scores * scaling if bias is None else scores * scaling + bias
    if mask is not None:
        allowed = np.asarray(mask)
        if allowed.dtype != np.bool_ or allowed.shape != scores.shape:
            raise ArgumentError(
                f"mask is {allowed.dtype} of shape {allowed.shape}; expected bool of shape {scores.shape}, True where "
                "the row may look at the column"
            )
        scaled[~allowed] = -np.inf
    weights = softmax(scaled)
    return AttentionTrace(q=q, k=k, v=v, scores=scores, scaled=scaled, weights=weights, output=weights @ v)


def _check_shapes(x: Matrix, w_q: Matrix, w_k: Matrix, w_v: Matrix) -> None:
    """Say which matrix does not fit before NumPy says only that two numbers differ."""
    for name, matrix in (("x", x), ("w_q", w_q), ("w_k", w_k), ("w_v", w_v)):
        if matrix.ndim != 2 or not matrix.size:
            raise ArgumentError(f"{name} has shape {matrix.shape}; expected a matrix with at least one row and column")
        if matrix is not x and matrix.shape[0] != x.shape[1]:
            raise ArgumentError(f"{name} has {matrix.shape[0]} rows; expected {x.shape[1]}, one per column of x")
    if w_q.shape != w_k.shape:
        raise ArgumentError(f"w_q has {w_q.shape[1]} columns and w_k {w_k.shape[1]}; expected the same number, d_k")

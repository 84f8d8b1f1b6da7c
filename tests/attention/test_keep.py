"""What is kept while the model runs against the same taken of whole eager maps afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rag.attention.capture import Keep, capture_rows, enable_capture
from rag.errors import ArgumentError
from tests.attention.tiny import LENGTH, MODELS, ROW_POSITIONS, build_inputs, take_eager

POOL = torch.tensor([[[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]], [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]])  # two groups of each
KEEPS: dict[str, tuple[Keep, Callable[[Tensor], Tensor]]] = {
    "layers": (Keep(layers=[2, 0]), lambda rows: rows[[2, 0]]),
    "heads": (Keep(heads=[3, 0, 1]), lambda rows: rows[:, :, [3, 0, 1]]),
    "mean of heads": (Keep(average=["heads"]), lambda rows: rows.mean(2, keepdim=True)),
    "mean of layers": (Keep(average=["layers"]), lambda rows: rows.mean(0, keepdim=True)),
    "mean of some": (
        Keep(layers=[1, 2], heads=[2, 1], average=["layers", "heads"]),
        lambda rows: rows[[1, 2]][:, :, [2, 1]].mean((0, 2), keepdim=True),
    ),
    "groups of rows": (Keep(pool=POOL), lambda rows: POOL[:, None] @ rows),
    "all at once": (
        Keep(layers=[1], heads=[3], pool=POOL, average=["heads"]),
        lambda rows: (POOL[:, None] @ rows)[[1]][:, :, [3]],
    ),
}


@pytest.mark.parametrize("size", [1, 100, 2**18])
@pytest.mark.parametrize("wanted", KEEPS)
@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_what_is_kept_is_taken_of_all_rows(kind: str, wanted: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, reduce = KEEPS[wanted]
    inputs = build_inputs("left")
    model = MODELS[kind]()
    expected = reduce(take_eager(model, inputs, ROW_POSITIONS))
    monkeypatch.setattr("rag.attention.call._BLOCK", size)  # one row of one key head at a time, some, all at once
    enable_capture(model)
    rows = capture_rows(model, inputs, ROW_POSITIONS, keep=keep).rows
    torch.testing.assert_close(rows, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_no_more_than_a_block_is_formed_at_a_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.attention.call._BLOCK", 200)
    sizes: list[int] = []
    original = Tensor.softmax

    def measure(scores: Tensor, *arguments: Any, **keywords: Any) -> Tensor:
        sizes.append(scores.numel())
        return original(scores, *arguments, **keywords)

    model = MODELS[kind]()
    enable_capture(model)
    monkeypatch.setattr(Tensor, "softmax", measure)
    capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS)
    assert sum(sizes) == 3 * 2 * 4 * 3 * LENGTH
    assert max(sizes) <= 200


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (Keep(layers=[3]), r"layers are \[3\]; expected at least one, each once and from 0 to 2"),
        (Keep(layers=[]), r"layers are \[\]"),
        (Keep(heads=[-1]), r"heads are \[-1\]; expected at least one, each once and from 0 to 3"),
        (Keep(heads=[1, 1]), r"heads are \[1, 1\]"),
        (Keep(average=["rows"]), r"average names \['rows'\]; expected 'layers', 'heads' or both"),  # type: ignore[list-item]
        (Keep(pool=torch.ones(2, 3)), r"pool has shape \(2, 3\); expected \(2, at least 1, 3\)"),
        (Keep(pool=torch.ones(2, 1, 3).long()), "pool is torch.int64; expected floating point"),
    ],
)
def test_what_cannot_be_kept_is_named(keep: Keep, message: str) -> None:
    model = MODELS["bert"]()
    enable_capture(model)
    with pytest.raises(ArgumentError, match=message):
        capture_rows(model, build_inputs("unpadded"), ROW_POSITIONS, keep=keep)

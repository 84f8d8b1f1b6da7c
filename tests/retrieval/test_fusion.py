"""Two rankings made one, worked out by hand."""

from __future__ import annotations

import pytest

from rag.index.store import Match
from rag.retrieval.fusion import DENSE_SHARE, fuse

WORDS = 1 - DENSE_SHARE


def matches(**scores: float) -> list[Match]:
    return [Match(int(name[1:]), score) for name, score in scores.items()]


@pytest.mark.parametrize(
    ("dense", "lexical", "depth", "expected"),
    [
        pytest.param({}, {}, 5, {}, id="nothing"),
        pytest.param({"w1": 0.9, "w2": 0.4}, {}, 5, {1: DENSE_SHARE * 0.9, 2: DENSE_SHARE * 0.4}, id="dense-alone"),
        pytest.param({}, {"w1": 8.0, "w2": 2.0}, 5, {1: WORDS, 2: WORDS * 0.25}, id="lexical-alone"),
        pytest.param(
            {"w1": 0.5, "w2": 0.9}, {"w1": 8.0, "w2": 4.0}, 5,
            {1: DENSE_SHARE * 0.5 + WORDS, 2: DENSE_SHARE * 0.9 + WORDS * 0.5}, id="both",
        ),
        pytest.param(
            {"w1": 0.9, "w2": 0.8}, {"w2": 0.7}, 5,
            {2: DENSE_SHARE * 0.8 + WORDS, 1: DENSE_SHARE * 0.9}, id="one-window-alone-shares-a-word",
        ),
        pytest.param(
            {"w1": 0.9, "w2": 0.5}, {"w2": 4.0, "w3": 3.0}, 2,
            {2: DENSE_SHARE * 0.5 + WORDS, 1: DENSE_SHARE * 0.9 + WORDS * 0.75, 3: DENSE_SHARE * 0.5 + WORDS * 0.75},
            id="cut-off-the-least-is-assumed",
        ),
        pytest.param({"w1": -0.2}, {"w1": 0.0}, 5, {1: DENSE_SHARE * -0.2}, id="no-word-counts"),
    ],
)  # fmt: skip
def test_fuse(dense: dict[str, float], lexical: dict[str, float], depth: int, expected: dict[int, float]) -> None:
    fused = fuse(matches(**dense), matches(**lexical), depth=depth)
    assert {match.chunk_id: match.score for match in fused} == pytest.approx(expected)
    assert [match.chunk_id for match in fused] == list(expected)


def test_ties_go_to_the_older_window() -> None:
    fused = fuse([Match(9, 0.5), Match(4, 0.5)], [Match(9, 2.0), Match(4, 2.0), Match(6, 2.0)], depth=3)
    assert [match.chunk_id for match in fused] == [4, 6, 9]


def test_the_share_decides_whose_best_comes_first() -> None:
    dense, lexical = [Match(1, 0.9), Match(2, 0.1)], [Match(2, 8.0), Match(1, 2.0)]
    assert [match.chunk_id for match in fuse(dense, lexical, depth=2, dense_share=0.2)] == [2, 1]
    assert [match.chunk_id for match in fuse(dense, lexical, depth=2, dense_share=0.8)] == [1, 2]

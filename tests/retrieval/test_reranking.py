"""Reranking: rating and score decide together, and what is not rated stays behind."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import pytest

from rag.errors import ArgumentError
from rag.retrieval.hit import Hit
from rag.retrieval.reranking import LEAST_SHARE, RETRIEVAL_WEIGHT, rerank


class FixedReranker:
    def __init__(self, ratings: dict[str, float]) -> None:
        self.ratings = ratings
        self.asked: list[tuple[str, list[str]]] = []

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        self.asked.append((question, list(texts)))
        return [self.ratings[text] for text in texts]


def build_hits(**scores: float) -> list[Hit]:
    return [
        Hit(number, "a", 0, 1, text, score, dense_rank=1, lexical_rank=None)
        for number, (text, score) in enumerate(scores.items())
    ]


def order(hits: Sequence[Hit]) -> str:
    return "".join(hit.text for hit in hits)


def test_ratings_decide_between_equal_scores() -> None:
    reranker = FixedReranker({"x": 1.0, "y": 3.0, "z": 2.0})
    hits = rerank("問い", build_hits(x=0.5, y=0.5, z=0.5), reranker, depth=3)
    assert order(hits) == "yzx"
    assert [(hit.rating, hit.score) for hit in hits] == [(3.0, 0.5), (2.0, 0.5), (1.0, 0.5)]
    assert reranker.asked == [("問い", ["x", "y", "z"])]


@pytest.mark.parametrize(("lead", "expected"), [(0.9, "xy"), (1.1, "yx")])
def test_a_score_of_half_costs_the_weight_times_the_logarithm(lead: float, expected: str) -> None:
    half = exp(-1.0)
    reranker = FixedReranker({"x": 0.0, "y": lead * RETRIEVAL_WEIGHT})
    assert order(rerank("問い", build_hits(x=1.0, y=half), reranker, depth=2)) == expected


def test_what_lies_beyond_the_depth_stays_behind_unrated() -> None:
    reranker = FixedReranker({"x": 0.0, "y": 9.0})
    hits = rerank("問い", build_hits(x=0.9, y=0.8, z=0.7), reranker, depth=2)
    assert order(hits) == "yxz"
    assert hits[-1].rating is None


def test_nothing_is_rated_at_depth_zero() -> None:
    reranker = FixedReranker({})
    hits = build_hits(x=0.9, y=0.8)
    assert rerank("問い", hits, reranker, depth=0) == hits
    assert rerank("問い", [], reranker, depth=5) == []
    assert reranker.asked == []


@pytest.mark.parametrize("score", [0.0, -1.0, LEAST_SHARE / 10])
def test_a_score_of_nothing_counts_as_the_least_share(score: float) -> None:
    reranker = FixedReranker({"x": 0.0, "y": 100.0})
    assert order(rerank("問い", build_hits(x=1.0, y=score), reranker, depth=2)) == "yx"
    with pytest.raises(ArgumentError, match="depth = -1"):
        rerank("問い", build_hits(x=1.0), reranker, depth=-1)

"""The first hits put in a new order by a model that reads question and window together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from typing import Protocol

from rag.errors import ArgumentError
from rag.retrieval.hit import Hit

RETRIEVAL_WEIGHT = 12.0
"""Say of the search. On 200 held-out questions of JaQuAD's training part, first ten windows by words: R@1 0.875 without
reranking, with the shipped reader 0.905 (0), 0.925 (2), 0.930 (4 and 8), 0.925 (16), 0.910 (32)."""
LEAST_SHARE = 0.05
"""Least share of the best hit's score that counts."""


class Reranker(Protocol):
    """Reads a question together with each text."""

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers the question, in logits."""


def rerank(question: str, hits: Sequence[Hit], reranker: Reranker, *, depth: int) -> list[Hit]:
    """Order the first `depth` hits by rating plus weighted logarithm of their score; the others stay behind them.

    Args:
        question: In everyday words.
        hits: Best first.
        reranker: Rates the windows.
        depth: Hits that are rated; 0 leaves the order as it is.

    Returns:
        The same hits; those rated carry their rating, and their score remains that of the search.

    Raises:
        ArgumentError: `depth` is below zero.
    """
    if depth < 0:
        raise ArgumentError(f"depth = {depth}: expected 0 or more; give the number of hits to be rated")
    first, rest = hits[:depth], hits[depth:]
    if not first:
        return list(hits)
    ratings = reranker.rate(question, [hit.text for hit in first])
    shares = log_shares([hit.score for hit in first])
    order = sorted(range(len(first)), key=lambda place: -(ratings[place] + RETRIEVAL_WEIGHT * shares[place]))
    return [*(replace(first[place], rating=ratings[place]) for place in order), *rest]


def log_shares(scores: Sequence[float]) -> list[float]:
    """Return the logarithm of each score's share of the best; 0 for all where the best is not above 0."""
    best = max(scores, default=0.0)
    return [log(max(score / best, LEAST_SHARE)) if best > 0 else 0.0 for score in scores]

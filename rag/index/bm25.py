"""BM25 over terms and pairs of neighbouring terms, for the windows that FTS5 found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from rag.index.store import Match

Key = TypeVar("Key")

# FTS5 knows only k1 = 1.2 and b = 0.75 and no pairs. These values gave the best first hits on held-out articles of
# JaQuAD's training part: repetition says little in windows of one size, and word order much.
SATURATION = 0.6
LENGTH_SHARE = 0.5
PAIR_WEIGHT = 0.5


def rank_windows(
    question: Sequence[str],
    windows: Sequence[tuple[int, Sequence[str]]],
    *,
    frequencies: Mapping[str, int],
    total: int,
) -> list[Match]:
    """Score windows by BM25, best first; ties go to the older window.

    A term of the question counts once, however often it is asked for. Two terms that follow each other in the question
    count once more where they do so in the window, with the rarity of the rarer one. A window is long or short beside
    the others given.

    Args:
        question: Terms of the question, in its order.
        windows: Id and terms of each window, in the order of its text.
        frequencies: Number of windows of the library that hold each term of the question.
        total: Number of windows of the library.

    Source: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond.
    """
    rarity = {term: measure_rarity(frequencies.get(term, 0), total) for term in question}
    pairs = {pair: PAIR_WEIGHT * max(rarity[pair[0]], rarity[pair[1]]) for pair in pairwise(question)}
    mean_length = sum(len(terms) for _, terms in windows) / max(len(windows), 1)
    matches = []
    for window, terms in windows:
        spread = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * len(terms) / max(mean_length, 1))
        # Most terms of a window are none of the question's: only where one stands can a pair begin.
        places = [at for at, term in enumerate(terms) if term in rarity]
        words = Counter(terms[at] for at in places)
        neighbours = Counter(
            (terms[place], following) for place in places for following in terms[place + 1 : place + 2]
        )
        matches.append(Match(window, _score(words, rarity, spread) + _score(neighbours, pairs, spread)))
    return sorted(matches, key=lambda match: (-match.score, match.chunk_id))


def measure_rarity(frequency: int, total: int) -> float:
    """Return the inverse document frequency, small but not negative for terms that most windows hold."""
    without = max(total - frequency, 0)  # a damaged catalog may count more windows with a term than windows
    return max(math.log((without + 0.5) / (frequency + 0.5)), 1e-6)


def _score(counts: Mapping[Key, int], weights: Mapping[Key, float], spread: float) -> float:
    found = ((counts[key], weight) for key, weight in weights.items() if key in counts)
    return sum(weight * count * (SATURATION + 1) / (count + spread) for count, weight in found)

"""Scores: answers against accepted answers, rankings against the one right place, confidence, and their uncertainty.

Three rules say when two answers are the same, because the published figures were not made with one:

- ``plain`` is the rule of this package: lower case, white space and punctuation of either width dropped.
- ``jsquad`` is the rule of the JGLUE evaluation patch: lower case, full stops at the end (。) dropped, runs of white
  space made one space; punctuation counts.
- ``jaquad`` is the rule of the JaQuAD notebook: white space dropped, nothing else; an answer is exact when its
  character F1 is 1, so the order of the characters is not looked at.

None of them folds by NFKC. Sources: https://github.com/yahoojapan/JGLUE (fine-tuning/patch, squad_metrics.py) and
https://github.com/SkelterLabsInc/JaQuAD (JaQuAD.ipynb, char_f1_score).
"""

from __future__ import annotations

import math
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.errors import ArgumentError

Rule = Literal["plain", "jsquad", "jaquad"]

RIGHT = 0.8
"""Character F1 from which on an answer counts as right."""

_DRAWN_AT_ONCE = 1_000_000
"""Numbers drawn at a time for a bootstrap."""

# string.punctuation also holds symbols such as $ + < = >, which Unicode does not class as punctuation;
# the full-width forms stand 0xFEE0 further on.
_PUNCTUATION = frozenset(string.punctuation) | {chr(ord(character) + 0xFEE0) for character in string.punctuation}


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the bounds of its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """How often answers are wrong when only the surest are given.

    `points` are (coverage, risk): the share of questions answered, and the share of wrong ones among those; ascending
    in coverage, one for each number of questions. `area` is the mean of the risks: 0 when all are right.
    """

    points: tuple[tuple[float, float], ...]
    area: float

    def risk_at(self, coverage: float) -> float:
        """Return the risk where at least the share `coverage` of the questions is answered.

        Raises:
            ArgumentError: `coverage` is not above 0 and at most 1.
        """
        if not 0 < coverage <= 1:
            raise ArgumentError(f"coverage is {coverage}; expected a share above 0 and at most 1")
        needed = math.ceil(round(coverage * len(self.points), 9))  # 0.7 × 10 is more than 7
        return self.points[needed - 1][1]


def normalize_answer(text: str, *, rule: Rule = "plain") -> str:
    """Reduce an answer to the characters that count under `rule`.

    Raises:
        ArgumentError: `rule` is unknown.
    """
    try:
        return _NORMALIZERS[rule](text)
    except KeyError:
        raise ArgumentError(f"unknown rule {rule!r}; expected one of {', '.join(_NORMALIZERS)}") from None


def score_exact_match(prediction: str, accepted: Sequence[str], *, rule: Rule = "plain") -> float:
    """Return 1 when the prediction equals an accepted answer under `rule`, else 0.

    No accepted answer means that none exists: then only the empty prediction is right.
    """
    if rule == "jaquad":
        return float(score_f1(prediction, accepted, rule=rule) == 1.0)
    wanted = normalize_answer(prediction, rule=rule)
    return float(any(wanted == normalize_answer(answer, rule=rule) for answer in accepted or ("",)))


def score_f1(prediction: str, accepted: Sequence[str], *, rule: Rule = "plain") -> float:
    """Return the harmonic mean of precision and recall over characters, best over the accepted answers.

    Where either side has no characters left, 1 if both have none, else 0 (as SQuAD does).
    """
    found = Counter(normalize_answer(prediction, rule=rule))
    return max(_compare(found, Counter(normalize_answer(answer, rule=rule))) for answer in accepted or ("",))


def _compare(found: Counter[str], wanted: Counter[str]) -> float:
    if not found or not wanted:
        return float(found == wanted)
    shared = (found & wanted).total()
    if not shared:
        return 0.0
    precision, recall = shared / found.total(), shared / wanted.total()
    return 2 * precision * recall / (precision + recall)


def _drop_white_space_and_punctuation(text: str) -> str:
    return "".join(
        character
        for character in text.lower()
        if not character.isspace() and character not in _PUNCTUATION and unicodedata.category(character)[0] != "P"
    )


def _follow_jglue(text: str) -> str:
    return " ".join(text.lower().rstrip("。").split())


def _drop_white_space(text: str) -> str:
    return "".join(text.split())


_NORMALIZERS: dict[str, Callable[[str], str]] = {
    "plain": _drop_white_space_and_punctuation,
    "jsquad": _follow_jglue,
    "jaquad": _drop_white_space,
}


def recall_at(rank: int | None, *, k: int) -> float:
    """Return 1 when the one right place has a 1-based rank of at most `k`; None means not found."""
    return float(rank is not None and rank <= k)


def reciprocal_rank_at(rank: int | None, *, k: int = 10) -> float:
    """Return 1 / rank within the first `k`, else 0; its mean is MRR@k."""
    return 1.0 / rank if rank is not None and rank <= k else 0.0


def discounted_gain_at(rank: int | None, *, k: int = 10) -> float:
    """Return nDCG@k with one right place of gain 1: 1 / log2(1 + rank) within the first `k`, else 0."""
    return 1.0 / math.log2(1 + rank) if rank is not None and rank <= k else 0.0


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the share of (positive, negative) pairs in the right order, ties counting half.

    That is the area under the ROC curve (Mann-Whitney U). None when either side is empty: there is nothing to order.
    """
    if not positive or not negative:
        return None
    ascending = np.sort(np.asarray(negative, dtype=np.float64))
    below = np.searchsorted(ascending, positive, side="left")
    not_above = np.searchsorted(ascending, positive, side="right")
    return float((below + not_above).mean() / (2 * len(ascending)))


def measure_calibration_error(confidence: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float:
    """Return the expected calibration error: mean gap of confidence and accuracy over bins of equal width.

    Source: Naeini et al. 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning.

    Raises:
        ArgumentError: The two do not have the same, non-zero number of values.
    """
    _check_pairs(confidence, right)
    sure, hits = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs((sure - hits)[place == each].sum()) for each in range(bins)]
    return float(sum(gaps) / len(sure))


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> RiskCoverage:
    """Return the risk of answering only the questions one is surest of, for every number of them.

    Of questions with equal confidence none comes first: each counts as wrong as they are on average.

    Sources: El-Yaniv and Wiener 2010, On the Foundations of Noise-free Selective Classification; Geifman and El-Yaniv
    2017, Selective Classification for Deep Neural Networks; the area, Geifman, Uziel and El-Yaniv 2019, Bias-Reduced
    Uncertainty Estimation for Deep Neural Classifiers.

    Raises:
        ArgumentError: The two do not have the same, non-zero number of values.
    """
    _check_pairs(confidence, right)
    _, group = np.unique(-np.asarray(confidence, dtype=np.float64), return_inverse=True)
    wrong = 1 - np.asarray(right, dtype=np.float64)
    means = np.bincount(group, weights=wrong) / np.bincount(group)
    counts = np.arange(1, len(wrong) + 1)
    risks = np.cumsum(means[np.sort(group)]) / counts
    points = tuple(zip((counts / len(wrong)).tolist(), risks.tolist(), strict=True))
    return RiskCoverage(points, area=float(risks.mean()))


def paired_interval(
    first: Sequence[float], second: Sequence[float], *, level: float = 0.95, draws: int = 10_000, seed: int = 0
) -> Interval:
    """Return the mean of `first - second`, question by question, with its percentile bootstrap interval.

    Raises:
        ArgumentError: the two do not have the same, non-zero number of values, or `level` is not between 0 and 1.
    """
    _check_pairs(first, second)
    if not 0 < level < 1:
        raise ArgumentError(f"level {level} is no probability between 0 and 1; 0.95 is usual")
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    generator = np.random.default_rng(seed)
    # As many draws at a time as do not take much memory.
    count = len(differences)
    at_once = max(1, _DRAWN_AT_ONCE // count)
    means = [
        differences[generator.integers(count, size=(min(at_once, draws - first), count))].mean(axis=1)
        for first in range(0, draws, at_once)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(differences.mean()), low=float(low), high=float(high))


def _check_pairs(first: Sequence[float], second: Sequence[float]) -> None:
    if len(first) != len(second) or not first:
        raise ArgumentError(
            f"{len(first)} and {len(second)} values cannot be paired; expected as many of the one as of the other, "
            "at least one, in the same order of questions"
        )

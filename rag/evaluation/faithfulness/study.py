"""One answer explained by every method: does taking away what a method names take away the answer?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.rows import Row
from rag.explanation.ablation import Ablation
from rag.explanation.case import Case, Unit
from rag.explanation.explainer import explain
from rag.explanation.explanation import MANNERS, Manner
from rag.explanation.methods import build_method
from rag.explanation.removal import rank_agreement
from rag.explanation.removal_methods import draw_masks

if TYPE_CHECKING:
    pass

DROPS = (1, 3, 5)
"""Units removed for the drops of the log-probability."""
SHARES = (0.1, 0.2, 0.5)
"""Shares of the units removed, or kept, for comprehensiveness and sufficiency."""
MASKS = 16
"""Random removals of half of the units, which a linear model of the scores has to foretell."""
TOP = 3
RESAMPLES = 10_000
EVERY = 4
"""One question in so many is explained with a second seed."""
FIGURES = ("drop@1", "drop@3", "drop@5", "comprehensiveness", "sufficiency", "lds", "kendall", "polarity")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Condition:
    """How text is taken away, and whether the unit that holds the answer may be."""

    name: str
    manner: Manner
    with_answer: bool


CONDITIONS = (
    Condition("deleted", "delete", with_answer=True),
    Condition("deleted_without_answer_unit", "delete", with_answer=False),
    Condition("masked", "mask", with_answer=True),
    Condition("masked_without_answer_unit", "mask", with_answer=False),
)


def study_answer(
    case: Case, unit: Unit, methods: Sequence[str], *, seed: int, twice: bool, manners: Sequence[Manner] = MANNERS
) -> Row | None:
    """Explain one answer by every method and measure each by removal; None where there are too few units.

    Args:
        case: Question, answer and what was read.
        unit: What is scored and removed.
        methods: Names of `rag.explanation.explanation.METHODS`.
        seed: Of what is random.
        twice: Whether methods that draw are run with a second seed.
        manners: How text is taken away; deletion comes first whatever is asked for, as the check deletes.

    Returns:
        "answer"; "CONDITION.METHOD.FIGURE" for the `CONDITIONS` of these manners and all `FIGURES`; of each method
        "seconds.METHOD" and "stability.METHOD"; of the check a person is shown "verdict", "agreement" and
        "explain_seconds".
    """
    units = case.split(unit)
    held = np.array(case.holds_answer(units), dtype=bool)
    if len(units) - held.sum() < 2:
        return None
    scores: dict[str, Floats] = {}
    seconds: dict[str, float] = {}
    stability: dict[str, float | None] = {}
    for name in methods:
        begun = time.perf_counter()
        # A case of its own: no method profits from what another has run.
        scores[name] = build_method(name, case.reader, seed=seed).score(replace(case), units)
        seconds[name] = time.perf_counter() - begun
        if twice and name in {"surrogate", "random"}:
            again = build_method(name, case.reader, seed=seed + 1).score(replace(case), units)
            stability[name] = _correlate(scores[name], again)
    conditions: dict[str, Mapping[str, Mapping[str, float | None]]] = {}
    effects: dict[Manner, Floats] = {}
    wanted: tuple[Manner, ...] = ("delete", *manners)
    for manner in dict.fromkeys(wanted):
        ablation = Ablation(case, units, manner=manner)
        # What single deletions do is what the method of that name has found.
        known = scores.get("removal") if manner == "delete" else None
        effects[manner] = ablation.leave_out_each() if known is None else known
        for condition in CONDITIONS:
            if condition.manner == manner:
                candidates = np.flatnonzero(~held | condition.with_answer)
                conditions[condition.name] = _measure(ablation, scores, effects[manner], candidates, seed)
    begun = time.perf_counter()
    explanation = explain(case.question, case.span, case.passages, reader=case.reader, seed=seed)
    explain_seconds = time.perf_counter() - begun
    shown = [each.score for each in explanation.sentences]
    return {
        "answer": case.span.text,
        "verdict": explanation.removal.verdict if explanation.removal is not None else None,
        "agreement": rank_agreement(shown, effects["delete"].tolist()) if len(shown) == len(units) else None,
        "explain_seconds": explain_seconds,
        **{f"seconds.{name}": seconds[name] for name in methods},
        **{f"stability.{name}": stability.get(name) for name in methods},
        **{
            f"{condition}.{name}.{figure}": value
            for condition, measured in conditions.items()
            for name, figures in measured.items()
            for figure, value in figures.items()
        },
    }


def _measure(
    ablation: Ablation, scores: Mapping[str, Floats], effects: Floats, candidates: NDArray[np.int64], seed: int
) -> Mapping[str, Mapping[str, float | None]]:
    """Measure every method with one reading of all that is to be read."""
    size, count = ablation.size, len(candidates)
    drawn = np.zeros((MASKS, size), dtype=bool)
    drawn[:, candidates] = draw_masks(count, draws=MASKS, seed=seed)
    masks = [np.zeros((1, size), dtype=bool), drawn]
    masks += [_build_masks(values, candidates, size) for values in scores.values()]
    whole, *rest = ablation.measure(np.concatenate(masks)).tolist()
    under, rest = np.array(rest[:MASKS]), rest[MASKS:]
    each = len(DROPS) + 2 * len(SHARES)
    found: dict[str, Mapping[str, float | None]] = {}
    for number, (name, values) in enumerate(scores.items()):
        mine = rest[number * each : (number + 1) * each]
        falls = [float(np.exp(whole) - np.exp(value)) for value in mine]
        best = candidates[np.argsort(-values[candidates], kind="stable")]
        found[name] = {
            **{f"drop@{k}": whole - value for k, value in zip(DROPS, mine, strict=False)},
            "comprehensiveness": fmean(falls[len(DROPS) : len(DROPS) + len(SHARES)]),
            "sufficiency": fmean(falls[len(DROPS) + len(SHARES) :]),
            "lds": _correlate(-drawn[:, candidates].astype(np.float64) @ values[candidates], under),
            "kendall": rank_agreement(values[candidates].tolist(), effects[candidates].tolist()),
            "polarity": float((effects[best[:TOP]] < 0).mean()),
        }
    return found


def _build_masks(values: Floats, candidates: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Masks of the best few, of the best share, and of everything else: what is removed."""
    best = candidates[np.argsort(-values[candidates], kind="stable")]
    most = len(best) - 1  # something is always left
    counts = [min(k, most) for k in DROPS] + [min(max(1, round(share * len(best))), most) for share in SHARES]
    removed = np.zeros((len(counts) + len(SHARES), size), dtype=bool)
    for mask, number in zip(removed, counts, strict=False):
        mask[best[:number]] = True
    for mask, number in zip(removed[len(counts) :], counts[len(DROPS) :], strict=True):
        mask[best[number:]] = True
    return removed


def _correlate(first: Floats, second: Floats) -> float | None:
    """Spearman's correlation; None where one side does not vary."""
    from scipy.stats import spearmanr

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(spearmanr(first, second).statistic)

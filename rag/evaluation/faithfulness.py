"""Faithfulness of explanations: does taking away what a method names take away the answer?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Dataset
from rag.evaluation.metrics import paired_interval
from rag.evaluation.rows import Figures, Report, Row
from rag.explanation.ablation import Ablation, Manner
from rag.explanation.case import Case, Unit
from rag.explanation.explainer import explain
from rag.explanation.explanation import METHODS
from rag.explanation.methods import build_method
from rag.explanation.removal import rank_agreement
from rag.explanation.removal_methods import draw_masks
from rag.library.library import Library
from rag.reading.span_reader import SpanReader

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress

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


MANNERS: tuple[Manner, ...] = ("delete", "mask")
CONDITIONS = (
    Condition("deleted", "delete", with_answer=True),
    Condition("deleted_without_answer_unit", "delete", with_answer=False),
    Condition("masked", "mask", with_answer=True),
    Condition("masked_without_answer_unit", "mask", with_answer=False),
)


def evaluate_faithfulness(
    dataset: Dataset,
    settings: Settings,
    *,
    unit: Unit = "sentence",
    methods: Sequence[str] = METHODS,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Explain the reader's best span for each question, over the passages that search finds, by every method.

    Args:
        dataset: Documents and questions; right or wrong, the span the reader would give is explained.
        settings: As a library takes them; `library` is not used.
        unit: What is scored and removed.
        methods: Names of `METHODS`.
        limit: Only so many questions, evenly spread over all.
        seed: Of what is random.
        progress: Called with questions done and their number.

    Returns:
        "methods": of each the mean fall of the answer's log-probability in nats without the units of the best one,
        three and five scores ("drop@k"); "comprehensiveness" and "sufficiency", the fall of its probability without
        the best tenth, fifth and half of the units and with nothing but these, averaged (DeYoung et al. 2020);
        "lds", Spearman's correlation of the log-probability under random removals with what the scores foretell (Park
        et al. 2023); "kendall", τ between scores and the effects of single removals; "polarity", the share of the
        three best units whose removal makes the answer likelier; "seconds" a question; for methods that draw,
        "stability", Spearman's correlation of two seeds. The answer's own text is never removed. "conditions" holds
        the same for deletion and masking, with and without the unit of the answer among the candidates; "methods" is
        that of deletion with it. "against" holds the difference of the first method's drop@3 from each other's, with a
        95 % interval of a paired bootstrap. "check" says how well the check of single
        answers warns: mean "kendall" of flagged and other answers; and what explanation and check take beside the
        answer itself, in seconds. One row a question.

    Raises:
        ArgumentError: The reader marks no spans.
        DatasetError: There is no question to explain.
    """
    outcomes: list[_Outcome] = []
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        reader = library.reader
        if not isinstance(reader, SpanReader):
            raise ArgumentError(
                f"{reader.name} writes its answers; expected a reader that marks them in the text: give one as --reader"
            )
        library.add_documents(list(dataset.documents.values()))
        step = max(1, len(dataset.questions) // (limit or len(dataset.questions)))
        asked = dataset.questions[::step][:limit]
        for number, question in enumerate(asked, 1):
            answer = library.ask(question.text)
            if answer.spans:
                case = Case(answer.search_question, answer.spans[0], answer.passages, reader)
                spent = answer.seconds.retrieve + answer.seconds.read
                outcomes += (
                    replace(outcome, answer_seconds=spent)
                    for outcome in _study(case, unit, methods, seed=seed, twice=number % EVERY == 0)
                )
            if progress:
                progress(number, len(asked))
    if not outcomes:
        raise DatasetError("no question could be explained; expected one whose passages have two units or more")
    return Report(_summarize(outcomes, methods, seed), tuple(_build_row(outcome) for outcome in outcomes))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one question: figures by condition and method, seconds and stability by method."""

    question: str
    answer: str
    conditions: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    seconds: Mapping[str, float]
    stability: Mapping[str, float | None]
    verdict: str | None
    agreement: float | None
    explain_seconds: float
    answer_seconds: float = 0.0


def _study(case: Case, unit: Unit, methods: Sequence[str], *, seed: int, twice: bool) -> Iterator[_Outcome]:
    units = case.split(unit)
    held = np.array(case.holds_answer(units), dtype=bool)
    if len(units) - held.sum() < 2:
        return
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
    for manner in MANNERS:
        ablation = Ablation(case, units, manner=manner)
        effects[manner] = ablation.leave_out_each()
        for condition in CONDITIONS:
            if condition.manner == manner:
                candidates = np.flatnonzero(~held | condition.with_answer)
                conditions[condition.name] = _measure(ablation, scores, effects[manner], candidates, seed)
    begun = time.perf_counter()
    explanation = explain(case.question, case.span, case.passages, reader=case.reader, seed=seed)
    explain_seconds = time.perf_counter() - begun
    shown = [each.score for each in explanation.sentences]
    yield _Outcome(
        question=case.question,
        answer=case.span.text,
        conditions=conditions,
        seconds=seconds,
        stability=stability,
        verdict=explanation.removal.verdict if explanation.removal is not None else None,
        agreement=rank_agreement(shown, effects["delete"].tolist()) if len(shown) == len(units) else None,
        explain_seconds=explain_seconds,
    )


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


def _summarize(outcomes: Sequence[_Outcome], methods: Sequence[str], seed: int) -> Figures:
    conditions = {
        condition.name: {name: _average([o.conditions[condition.name][name] for o in outcomes]) for name in methods}
        for condition in CONDITIONS
    }
    main = CONDITIONS[0].name
    figures = {
        name: {
            **conditions[main][name],
            "seconds": fmean(o.seconds[name] for o in outcomes),
            "stability": _mean(o.stability.get(name) for o in outcomes),
        }
        for name in methods
    }
    return {
        "n": len(outcomes),
        "methods": figures,
        "conditions": conditions,
        "against": {condition.name: _compare(outcomes, condition.name, methods, seed=seed) for condition in CONDITIONS},
        "check": {
            **_judge_check(outcomes, seed=seed),
            "seconds": fmean(o.explain_seconds for o in outcomes),
            "answer_seconds": fmean(o.answer_seconds for o in outcomes),
        },
    }


def _average(rows: Sequence[Mapping[str, float | None]]) -> Figures:
    return {name: _mean(row[name] for row in rows) for name in FIGURES}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _compare(outcomes: Sequence[_Outcome], condition: str, methods: Sequence[str], *, seed: int) -> Figures:
    """Difference of the first method's drop@3 from that of every other one."""
    first, *others = ([o.conditions[condition][name]["drop@3"] or 0.0 for o in outcomes] for name in methods)
    return {name: _describe(first, other, seed=seed) for name, other in zip(methods[1:], others, strict=True)}


def _describe(first: Sequence[float], second: Sequence[float], *, seed: int) -> Figures:
    interval = paired_interval(first, second, seed=seed)
    return {"difference": interval.mean, "low": interval.low, "high": interval.high}


def _judge_check(outcomes: Sequence[_Outcome], *, seed: int) -> Figures:
    """Compare the agreement with removal of answers the check warns of with that of the others."""
    flagged = [o.agreement for o in outcomes if o.verdict == "parted" and o.agreement is not None]
    others = [o.agreement for o in outcomes if o.verdict != "parted" and o.agreement is not None]
    if not flagged or not others:
        return {"flagged": len(flagged), "others": len(others), "difference": None, "low": None, "high": None}
    generator = np.random.default_rng(seed)
    means = [
        np.array(group)[generator.integers(len(group), size=(RESAMPLES, len(group)))].mean(axis=1)
        for group in (others, flagged)
    ]
    low, high = np.quantile(means[0] - means[1], [0.025, 0.975]).tolist()
    return {
        "flagged": len(flagged),
        "others": len(others),
        "kendall_flagged": fmean(flagged),
        "kendall_others": fmean(others),
        "difference": fmean(others) - fmean(flagged),
        "low": low,
        "high": high,
    }


def _build_row(outcome: _Outcome) -> Row:
    return {
        "question": outcome.question,
        "answer": outcome.answer,
        "verdict": outcome.verdict,
        "agreement": outcome.agreement,
        "explain_seconds": outcome.explain_seconds,
        "answer_seconds": outcome.answer_seconds,
        "seconds": dict(outcome.seconds),
        "conditions": {name: {m: dict(f) for m, f in methods.items()} for name, methods in outcome.conditions.items()},
    }

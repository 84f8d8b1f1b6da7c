"""What many answers say of the methods together, and of the check that single answers carry."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.presentation import Presentation, Table
from rag.evaluation.faithfulness.study import CONDITIONS, FIGURES
from rag.evaluation.metrics import paired_interval
from rag.evaluation.rows import Figures, Row
from rag.explanation.case import Unit

RESAMPLES = 10_000
MAIN = CONDITIONS[0].name
TITLES = {
    "deleted": "削除 / deleted",
    "deleted_without_answer_unit": "削除、答えの単位は候補にしない / deleted, never the unit of the answer",
    "masked": "マスク / masked",
    "masked_without_answer_unit": "マスク、答えの単位は候補にしない / masked, never the unit of the answer",
}


def summarize(rows: Sequence[Row], methods: Sequence[str], *, seed: int) -> Figures:
    """Return the figures of `rag.evaluation.faithfulness.evaluation.evaluate_faithfulness`."""
    conditions = {
        condition.name: {
            name: {figure: _mean(rows, f"{condition.name}.{name}.{figure}") for figure in FIGURES} for name in methods
        }
        for condition in CONDITIONS
    }
    figures = {
        name: {
            **conditions[MAIN][name],
            "seconds": _mean(rows, f"seconds.{name}"),
            "stability": _mean(rows, f"stability.{name}"),
        }
        for name in methods
    }
    return {
        "n": len(rows),
        "methods": figures,
        "conditions": conditions,
        "against": {condition.name: _compare(rows, condition.name, methods, seed=seed) for condition in CONDITIONS},
        "check": {
            **_judge_check(rows, seed=seed),
            "seconds": _mean(rows, "explain_seconds"),
            "answer_seconds": _mean(rows, "answer_seconds"),
        },
    }


def present(rows: Sequence[Row], methods: Sequence[str], *, unit: Unit) -> Presentation:
    """Show one table a condition; all numbers are means over answers."""
    tables = [
        Table(
            TITLES[condition.name],
            ["方法 / method", *FIGURES],
            [[name, *(Measure(f"{condition.name}.{name}.{figure}") for figure in FIGURES)] for name in methods],
            intervals=True,
            digits=2,
        )
        for condition in CONDITIONS
    ]
    costs = Table(
        "手間（秒）/ cost in seconds",
        ["方法 / method", "秒 / seconds", "種の間の相関 / stability"],
        [[name, Measure(f"seconds.{name}"), Measure(f"stability.{name}")] for name in methods],
    )
    return Presentation(
        title="説明は当てになるか / Faithfulness of explanations",
        note=f"{unit} ごと、{len(rows)} の答え。drop@k は対数確率の下がり（nat）、sufficiency は小さいほど良い。"
        " / lower sufficiency is better.",
        tables=[*tables, costs],
    )


def _mean(rows: Sequence[Row], column: str) -> float | None:
    return Measure(column).compute(rows)


def _compare(rows: Sequence[Row], condition: str, methods: Sequence[str], *, seed: int) -> Figures:
    """Difference of the first method's drop@3 from that of every other one."""
    first, *others = ([_number(row, f"{condition}.{name}.drop@3") for row in rows] for name in methods)
    return {name: _describe(first, other, seed=seed) for name, other in zip(methods[1:], others, strict=True)}


def _describe(first: Sequence[float | None], second: Sequence[float | None], *, seed: int) -> Figures | None:
    pairs = [(one, two) for one, two in zip(first, second, strict=True) if one is not None and two is not None]
    if not pairs:
        return None
    interval = paired_interval(*zip(*pairs, strict=True), seed=seed)
    return {"difference": interval.mean, "low": interval.low, "high": interval.high}


def _judge_check(rows: Sequence[Row], *, seed: int) -> Figures:
    """Compare the agreement with removal of answers the check warns of with that of the others."""
    known = [(row["verdict"] == "parted", _number(row, "agreement")) for row in rows]
    flagged = [agreement for parted, agreement in known if parted and agreement is not None]
    others = [agreement for parted, agreement in known if not parted and agreement is not None]
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


def _number(row: Row, column: str) -> float | None:
    value = row.get(column)
    return None if value is None else float(value)  # type: ignore[arg-type]

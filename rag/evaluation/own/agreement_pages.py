"""What is shown of settings ranked by made and by labelled questions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.pictures import Dot, draw_scatter
from rag.evaluation.experiment.presentation import Cell, Picture, Presentation, Table
from rag.evaluation.own.correlation import Agreement, compare_orders
from rag.evaluation.own.outcome import RECALLS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rag.evaluation.rows import Row

OWN, LABELLED = "self", "labelled"
MEASURES = {
    "recall@1": "再現率@1",
    "recall@5": "再現率@5",
    "recall@10": "再現率@10",
    RECALLS[-1]: "2,000 字以内",
    "f1": "F1",
}
WANTED = 0.7
"""Rank correlation from which on made questions are called a substitute for labelled ones."""


def present_agreement(rows: Sequence[Row], *, names: Sequence[str], seed: int) -> Presentation:
    """Lay out tables, pictures and findings of a run.

    Args:
        rows: One a condition, origin and question.
        names: Of the conditions.
        seed: Of the intervals.
    """
    found = {column: _agree(rows, column, names, seed) for column in MEASURES}
    agreements = {column: agreement for column, agreement in found.items() if agreement is not None}
    tables = [
        Table(
            "順位相関",
            ["", "スピアマン ρ", "95 % 区間", "ケンドール τ", "設定"],
            [
                [
                    MEASURES[column],
                    agreement.spearman,
                    "–" if agreement.low is None else f"[{agreement.low:.2f}, {agreement.high:.2f}]",
                    agreement.kendall,
                    str(len(_list_measured(rows, column, names))),
                ]
                for column, agreement in agreements.items()
            ],
            "区間は、両方の設問を引き直したもの。1 なら同じ順、0 なら無関係、-1 なら逆の順。",
        ),
        *(
            Table(
                MEASURES[column],
                ["設定", "作った設問", "人の設問"],
                [_line(name, column) for name in _list_measured(rows, column, names)],
                intervals=True,
            )
            for column in agreements
        ),
    ]
    return Presentation(
        title="作った設問は人の設問と同じ順に設定を並べるか / do made questions rank settings as labelled ones do?",
        note="同じ文書について、文から作った設問と人の書いた設問とで、同じ設定を測った。",
        tables=tables,
        pictures=[
            Picture(
                f"agreement-{column.replace('@', '-')}",
                MEASURES[column],
                partial(_draw, rows, column, names, agreement),
            )
            for column, agreement in agreements.items()
            if column in ("recall@5", RECALLS[-1], "f1")
        ],
        figures={
            f"{column} {origin}": Measure(column, {"origin": origin})
            for column in agreements
            for origin in (OWN, LABELLED)
        },
        findings={column: _describe(agreement) for column, agreement in agreements.items()},
    )


def _name_file(column: str) -> str:
    return f"agreement-{column.replace('@', '-')}"


def _list_measured(rows: Sequence[Row], column: str, names: Sequence[str]) -> list[str]:
    """Name the conditions that were measured on both sides."""
    return [name for name in names if all(_select(rows, column, name, origin) for origin in (OWN, LABELLED))]


def _agree(rows: Sequence[Row], column: str, names: Sequence[str], seed: int) -> Agreement | None:
    measured = _list_measured(rows, column, names)
    if len(measured) < 2:
        return None
    own, labelled = ([_select(rows, column, name, origin) for name in measured] for origin in (OWN, LABELLED))
    return compare_orders(own, labelled, seed=seed)


def _select(rows: Sequence[Row], column: str, name: str, origin: str) -> list[float]:
    measure = Measure(column, {"condition": name, "origin": origin})
    return [float(row[column]) for row in measure.select(rows)]  # type: ignore[arg-type]


def _line(name: str, column: str) -> list[Cell]:
    return [name, *(Measure(column, {"condition": name, "origin": origin}) for origin in (OWN, LABELLED))]


def _draw(rows: Sequence[Row], column: str, names: Sequence[str], agreement: Agreement) -> Figure:
    dots = [
        Dot(
            name,
            Measure(column, {"condition": name, "origin": LABELLED}).compute(rows) or 0.0,
            Measure(column, {"condition": name, "origin": OWN}).compute(rows) or 0.0,
        )
        for name in _list_measured(rows, column, names)
    ]
    told = "" if agreement.spearman is None else f"（スピアマン ρ = {agreement.spearman:.2f}）"
    return draw_scatter(dots, title=f"{MEASURES[column]}{told}", x_label="人の設問", y_label="作った設問")


def _describe(agreement: Agreement) -> str:
    if agreement.spearman is None or agreement.kendall is None:
        return "すべての設定が同じ値 / all settings equal"
    verdict = "同じ順に並べる / ranks alike" if agreement.spearman >= WANTED else "順は当てにならない / ranks otherwise"
    interval = "" if agreement.low is None else f" [{agreement.low:.2f}, {agreement.high:.2f}]"
    return f"ρ = {agreement.spearman:.3f}{interval}, τ = {agreement.kendall:.3f}: {verdict}"

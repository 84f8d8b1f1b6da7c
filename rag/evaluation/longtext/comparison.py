"""Two groups of conditions compared question by question, said in words."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rag.evaluation.experiment.measure import DRAWS, Measure
from rag.evaluation.metrics import paired_interval
from rag.evaluation.rows import Row


def compare(
    rows: Sequence[Row], one: tuple[str, Sequence[Measure]], other: tuple[str, Sequence[Measure]]
) -> str | None:
    """Say the means of two groups of cells, and their difference with its 95 % interval over questions.

    Only questions that have rows in both count; None where there are none.

    Args:
        rows: Of the run.
        one: Name of a group, and its cells.
        other: The same of the other.
    """
    first, second = (_average(rows, cells) for _, cells in (one, other))
    shared = [question for question in first if question in second]
    if not shared:
        return None
    left, right = [first[question] for question in shared], [second[question] for question in shared]
    found = paired_interval(left, right, draws=DRAWS)
    return (
        f"{one[0]} {fmean(left):.2f}、{other[0]} {fmean(right):.2f}、"
        f"差 {found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"
    )


def _average(rows: Sequence[Row], cells: Sequence[Measure]) -> dict[object, float]:
    values: dict[object, list[float]] = {}
    for cell in cells:
        for row in cell.select(rows):
            values.setdefault(row["question"], []).append(float(row[cell.column]))  # type: ignore[arg-type]
    return {question: fmean(each) for question, each in values.items()}

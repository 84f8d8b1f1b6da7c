"""Figures that know the rows they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from rag.evaluation.metrics import Interval, paired_interval
from rag.evaluation.rows import Row

Kind = Literal["mean", "median", "p95", "max", "count", "speedup"]
Value: TypeAlias = "str | int | float | bool | None"
DRAWS, MOST_DRAWS = 2_000, 10_000


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of the rows that meet all conditions, made one number.

    `where` holds the wanted value of columns by name. `scale` is what the number is multiplied with to be shown: 100
    for percent. Rows whose column is None do not count.

    With `against`, rows are paired with those that meet these conditions by their column "question": the figure is the
    mean of the differences, or, of kind "speedup", how many times less there is than there, as a geometric mean.
    `level` is that of the interval.
    """

    column: str
    where: Mapping[str, Value] = field(default_factory=dict)
    kind: Kind = "mean"
    scale: float = 1.0
    against: Mapping[str, Value] | None = None
    level: float = 0.95

    def select(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that count."""
        chosen = self._meet(rows, self.where)
        return chosen if self.against is None else chosen + self._meet(rows, self.against)

    def compute(self, rows: Sequence[Row]) -> float | None:
        """Return the figure; None where no row counts."""
        values = self.take(rows)
        return self.scale * reduce_values(values, kind=self.kind) if values else None

    def interval(self, rows: Sequence[Row], *, seed: int = 0) -> Interval | None:
        """Return the mean with its bootstrap interval over rows; None where no row counts or it is no mean."""
        values = self.take(rows)
        if not values or self.kind not in {"mean", "speedup"}:
            return None
        draws = min(MOST_DRAWS, round(DRAWS * 0.05 / (1 - self.level)))
        found = paired_interval(values, [0.0] * len(values), level=self.level, seed=seed, draws=draws)
        if self.kind == "speedup":
            return Interval(*(self.scale * math.exp(value) for value in (found.mean, found.low, found.high)))
        return Interval(self.scale * found.mean, self.scale * found.low, self.scale * found.high)

    def take(self, rows: Sequence[Row]) -> list[float]:
        """Return the numbers that the figure is made of: one a row, or one a pair of rows."""
        if self.against is None:
            return [_read(row, self.column) for row in self._meet(rows, self.where)]
        others = {row["question"]: _read(row, self.column) for row in self._meet(rows, self.against)}
        pairs = [
            (_read(row, self.column), others[row["question"]])
            for row in self._meet(rows, self.where)
            if row["question"] in others
        ]
        if self.kind == "speedup":
            return [math.log(other / own) for own, other in pairs]
        return [own - other for own, other in pairs]

    def _meet(self, rows: Sequence[Row], conditions: Mapping[str, Value]) -> list[Row]:
        return [
            row
            for row in rows
            if row.get(self.column) is not None and all(row.get(name) == value for name, value in conditions.items())
        ]


def _read(row: Row, column: str) -> float:
    return float(row[column])  # type: ignore[arg-type]


def reduce_values(values: Sequence[float], *, kind: Kind) -> float:
    """Make one number of several."""
    numbers = np.asarray(values, dtype=np.float64)
    match kind:
        case "mean":
            return float(numbers.mean())
        case "median":
            return float(np.median(numbers))
        case "p95":
            return float(np.quantile(numbers, 0.95))
        case "max":
            return float(numbers.max())
        case "speedup":
            return math.exp(float(numbers.mean()))
        case "count":
            return float(len(numbers))

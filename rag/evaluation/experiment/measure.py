"""Figures that know the rows they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from rag.evaluation.metrics import Interval, paired_interval
from rag.evaluation.rows import Row

Kind = Literal["mean", "median", "p95", "max", "count"]
Value: TypeAlias = "str | int | float | bool | None"
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of the rows that meet all conditions, made one number.

    `where` holds the wanted value of columns by name. `scale` is what the number is multiplied with to be shown: 100
    for percent. Rows whose column is None do not count.
    """

    column: str
    where: Mapping[str, Value] = field(default_factory=dict)
    kind: Kind = "mean"
    scale: float = 1.0

    def select(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that count."""
        return [
            row
            for row in rows
            if row.get(self.column) is not None and all(row.get(name) == value for name, value in self.where.items())
        ]

    def compute(self, rows: Sequence[Row]) -> float | None:
        """Return the figure; None where no row counts."""
        values = self._take(rows)
        return self.scale * reduce_values(values, kind=self.kind) if values else None

    def interval(self, rows: Sequence[Row], *, seed: int = 0) -> Interval | None:
        """Return the mean with its 95 % bootstrap interval over rows; None where no row counts or it is no mean."""
        values = self._take(rows)
        if not values or self.kind != "mean":
            return None
        found = paired_interval(values, [0.0] * len(values), seed=seed, draws=DRAWS)
        return Interval(self.scale * found.mean, self.scale * found.low, self.scale * found.high)

    def _take(self, rows: Sequence[Row]) -> list[float]:
        return [float(row[self.column]) for row in self.select(rows)]  # type: ignore[arg-type]


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
        case "count":
            return float(len(numbers))

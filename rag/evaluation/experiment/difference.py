"""What one condition has more than another, question by question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rag.evaluation.experiment.measure import DRAWS, Measure, Value
from rag.evaluation.metrics import Interval, paired_interval
from rag.evaluation.rows import Row
from rag.evaluation.significance import flip_signs

MOST_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of a column under the conditions of `where` less that under `against`, as one number.

    Rows are paired by the column `pair`; several of one pair count as their mean, and what one side lacks does not
    count. `scale` is what the number is multiplied with to be shown.

    Of kind "speedup" it is how many times less there is than under `against`: the geometric mean of the pairs' ratios.
    `level` is that of the interval.
    """

    column: str
    where: Mapping[str, Value]
    against: Mapping[str, Value]
    pair: str = "question"
    scale: float = 1.0
    kind: Literal["difference", "speedup"] = "difference"
    level: float = 0.95

    def compute(self, rows: Sequence[Row]) -> float | None:
        """Return the figure; None where there are no pairs."""
        values = self.take(rows)
        return self._shape(fmean(values)) if values else None

    def interval(self, rows: Sequence[Row], *, seed: int = 0) -> Interval | None:
        """Return it with its paired bootstrap interval; None where there are no pairs."""
        values = self.take(rows)
        if not values:
            return None
        draws = min(MOST_DRAWS, round(DRAWS * 0.05 / (1 - self.level)))  # the tails of a high level are thin
        found = paired_interval(values, [0.0] * len(values), level=self.level, seed=seed, draws=draws)
        return Interval(self._shape(found.mean), self._shape(found.low), self._shape(found.high))

    def probability(self, rows: Sequence[Row], *, seed: int = 0) -> float | None:
        """Return how probable a difference of this size is by chance; None where there are no pairs."""
        values = self.take(rows)
        return flip_signs(values, seed=seed) if values else None

    def take(self, rows: Sequence[Row]) -> list[float]:
        """Return what the figure is the mean of, pair by pair: differences, or logarithms of ratios."""
        pairs = zip(*self.match(rows), strict=True)
        if self.kind == "speedup":
            return [math.log(theirs / ours) for ours, theirs in pairs]
        return [ours - theirs for ours, theirs in pairs]

    def match(self, rows: Sequence[Row]) -> tuple[list[float], list[float]]:
        """Return the values of both sides, pair by pair."""
        ours, theirs = self._group(rows, self.where), self._group(rows, self.against)
        shared = [key for key in ours if key in theirs]
        return [fmean(ours[key]) for key in shared], [fmean(theirs[key]) for key in shared]

    def _shape(self, value: float) -> float:
        return self.scale * (math.exp(value) if self.kind == "speedup" else value)

    def _group(self, rows: Sequence[Row], where: Mapping[str, Value]) -> dict[object, list[float]]:
        groups: dict[object, list[float]] = {}
        for row in Measure(self.column, where).select(rows):
            groups.setdefault(row.get(self.pair), []).append(float(row[self.column]))  # type: ignore[arg-type]
        return groups

"""What one condition has more than another, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rag.evaluation.experiment.measure import DRAWS, Measure, Value
from rag.evaluation.metrics import Interval, paired_interval
from rag.evaluation.rows import Row
from rag.evaluation.significance import flip_signs


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of a column under the conditions of `where` less that under `against`, as one number.

    Rows are paired by the column `pair`; several of one pair count as their mean, and what one side lacks does not
    count. `scale` is what the number is multiplied with to be shown.
    """

    column: str
    where: Mapping[str, Value]
    against: Mapping[str, Value]
    pair: str = "question"
    scale: float = 1.0
    kind: Literal["difference"] = "difference"

    def compute(self, rows: Sequence[Row]) -> float | None:
        """Return the figure; None where there are no pairs."""
        ours, theirs = self.match(rows)
        return self.scale * (fmean(ours) - fmean(theirs)) if ours else None

    def interval(self, rows: Sequence[Row], *, seed: int = 0) -> Interval | None:
        """Return it with its 95 % paired bootstrap interval; None where there are no pairs."""
        ours, theirs = self.match(rows)
        if not ours:
            return None
        found = paired_interval(ours, theirs, seed=seed, draws=DRAWS)
        return Interval(self.scale * found.mean, self.scale * found.low, self.scale * found.high)

    def probability(self, rows: Sequence[Row], *, seed: int = 0) -> float | None:
        """Return how probable a difference of this size is by chance; None where there are no pairs."""
        ours, theirs = self.match(rows)
        return flip_signs([one - two for one, two in zip(ours, theirs, strict=True)], seed=seed) if ours else None

    def match(self, rows: Sequence[Row]) -> tuple[list[float], list[float]]:
        """Return the values of both sides, pair by pair."""
        ours, theirs = self._group(rows, self.where), self._group(rows, self.against)
        shared = [key for key in ours if key in theirs]
        return [fmean(ours[key]) for key in shared], [fmean(theirs[key]) for key in shared]

    def _group(self, rows: Sequence[Row], where: Mapping[str, Value]) -> dict[object, list[float]]:
        groups: dict[object, list[float]] = {}
        for row in Measure(self.column, where).select(rows):
            groups.setdefault(row.get(self.pair), []).append(float(row[self.column]))  # type: ignore[arg-type]
        return groups

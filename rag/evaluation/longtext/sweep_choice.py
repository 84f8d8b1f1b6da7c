"""Which of the settings of a sweep is recommended, and whether what it gains may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluation.budget import BUDGET
from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.longtext.sweep_grid import SweepSetting
from rag.evaluation.metrics import Interval
from rag.evaluation.rows import Row
from rag.evaluation.significance import correct_holm

QUALITY = f"recall_{BUDGET}c"
BOUND = 0.05
"""A gain whose adjusted probability is below this counts as real."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best setting, and what it has more than the default; `probability` allows for all settings compared."""

    setting: SweepSetting
    gain: Interval
    probability: float
    compared: int

    @property
    def is_real(self) -> bool:
        """Whether it beats the default by more than chance does."""
        return self.gain.mean > 0 and self.probability < BOUND

    def describe(self, default: SweepSetting) -> str:
        """Say in Japanese and English what to do."""
        if self.setting == default:
            return f"既定 {default.label} より良い設定はありません / nothing beats the default"
        gain = (
            f"{self.setting.label}：{QUALITY} {self.gain.mean:+.3f} [{self.gain.low:+.3f}, {self.gain.high:+.3f}]、"
            f"p = {self.probability:.3f}（{self.compared} 通りの比較を Holm で補正）"
        )
        if self.is_real:
            return f"既定より良い / better than the default: {gain}"
        return f"差は偶然かもしれないので既定のままでよい / may be chance, keep the default: {gain}"


def compare(setting: SweepSetting, default: SweepSetting, column: str = QUALITY) -> Difference:
    """Return what a setting has more than the default."""
    return Difference(column, setting.where, default.where)


def adjust(plan: Sequence[SweepSetting], rows: Sequence[Row], *, seed: int = 0) -> dict[SweepSetting, float]:
    """Return how probable the difference of each setting from the default is by chance, adjusted for all of them."""
    others = plan[1:]
    single = [compare(setting, plan[0]).probability(rows, seed=seed) for setting in others]
    adjusted = correct_holm([1.0 if value is None else value for value in single])
    return dict(zip(others, adjusted, strict=True))


def choose_best(plan: Sequence[SweepSetting], rows: Sequence[Row], *, seed: int = 0) -> Choice:
    """Choose the setting that finds most; of equal ones the one with more in the first hits, then the cheapest.

    Args:
        plan: The settings, the default first: it wins where nothing finds more.
        rows: Of the sweep.
        seed: Of the signs that are flipped.
    """

    def rate(setting: SweepSetting) -> tuple[float, float, float]:
        found = [Measure(column, setting.where).compute(rows) or 0.0 for column in (QUALITY, "recall_5")]
        return found[0], found[1], -(_count_vectors(setting, rows) or 0.0)

    default, *others = plan
    best = max(plan, key=rate)
    if rate(best)[0] <= rate(default)[0]:
        best = default
    gain = compare(best, default).interval(rows) or Interval(0.0, 0.0, 0.0)
    probability = 1.0 if best == default else adjust(plan, rows, seed=seed)[best]
    return Choice(best, gain, probability, len(others))


def _count_vectors(setting: SweepSetting, rows: Sequence[Row]) -> float | None:
    return Measure("vectors", {"windows": str(setting.windowing)}).compute(rows)

"""What a comparison shows: quality, cost and a verdict for each variant, against the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.pictures import Dot, draw_trade
from rag.evaluation.experiment.presentation import Cell, Picture, Presentation, Table
from rag.evaluation.metrics import Interval
from rag.evaluation.rows import Row
from rag.evaluation.significance import correct_holm
from rag.evaluation.variants.variant import Kind, Variant
from rag.evaluation.variants.verdict import Gap, Thresholds, Verdict, judge_variant

QUALITY: Mapping[Kind, Mapping[str, str]] = {
    "reader": {"f1": "F1", "exact_match": "EM"},
    "embedder": {
        "hybrid@5": "recall@5",
        "hybrid@1": "recall@1",
        "dense@5": "dense recall@5",
        "dense@1": "dense recall@1",
    },
}
"""Columns that measure quality and what they are called, the one that decides unless another is chosen first."""
WORDS = {"may": "なる / may", "may_not": "ならない / may not", "undecided": "まだ決められない / undecided"}
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Outcome:
    """One variant against the baseline."""

    variant: Variant
    difference: Gap
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judge:
    """How the rows of a comparison are judged and shown; the first variant is the baseline."""

    variants: Sequence[Variant]
    thresholds: Thresholds
    metric: str

    @property
    def baseline(self) -> Variant:
        """What the others would replace."""
        return self.variants[0]

    @property
    def name(self) -> str:
        """What the metric is called."""
        return QUALITY[self.baseline.kind][self.metric]

    @property
    def level(self) -> float:
        """Level of each interval, so that all of them together hold with 95 % certainty (Bonferroni)."""
        return 1 - (1 - LEVEL) / max(len(self.variants) - 1, 1)

    def present(self, rows: Sequence[Row]) -> Presentation:
        """Shape all that is shown."""
        outcomes = self.judge(rows)
        findings: dict[str, object] = {
            outcome.variant.name: f"{outcome.verdict.japanese} / {outcome.verdict.english}" for outcome in outcomes
        }
        findings["推奨 / recommended"] = self.recommend(outcomes)
        notes = {str(row["variant"]): row["heads"] for row in rows if row.get("heads")}
        findings |= {f"{name}: ヘッド / heads": note for name, note in notes.items()}
        return Presentation(
            title=f"変種の比較：{self.baseline.name} の代わりになるもの",
            note=(
                "どの設問も全変種が順番を替えながら続けて処理した。差と速さの区間は "
                f"{len(self.variants) - 1} 本の比較を合わせて 95 %（Bonferroni、対応のあるブートストラップ）、"
                f"p は対応のある符号反転検定を Holm 法で補正した値。品質は {self.name} で判定した。"
            ),
            tables=[self._tell(outcomes), self._show_quality(), self._show_cost()],
            pictures=[
                self._draw(
                    rows, "latency", Measure("seconds", kind="median", scale=1000), "1 問の時間の中央値（ミリ秒）"
                ),
                self._draw(rows, "size", Measure("size_mib", kind="max"), "大きさ（MiB）"),
            ],
            figures=self._list_figures(),
            findings=findings,
        )

    def judge(self, rows: Sequence[Row]) -> list[Outcome]:
        """Compare every variant but the first with that."""
        others = self.variants[1:]
        qualities = [self._measure_quality(variant) for variant in others]
        found = [quality.probability(rows) for quality in qualities]
        p_values = correct_holm([1.0 if p is None else p for p in found])
        outcomes = []
        for variant, quality, p in zip(others, qualities, p_values, strict=True):
            difference = Gap(
                quality=_require(quality.interval(rows)),
                speed=_require(self._measure_speed(variant).interval(rows)),
                shrink=self._compare_sizes(variant, rows),
                p=p,
                questions=len(quality.take(rows)),
            )
            verdict = judge_variant(variant.name, self.baseline.name, difference, self.thresholds, metric=self.name)
            outcomes.append(Outcome(variant, difference, verdict))
        return outcomes

    def recommend(self, outcomes: Sequence[Outcome]) -> str:
        """Name what to take: the fastest that may replace the baseline, else the smallest no slower, else that."""
        allowed = [outcome for outcome in outcomes if outcome.verdict.outcome == "may"]
        faster = [outcome for outcome in allowed if outcome.difference.speed.low > 1]
        if faster:
            return max(faster, key=lambda outcome: outcome.difference.speed.mean).variant.name
        smaller = [
            outcome for outcome in allowed if outcome.difference.shrink > 1 and outcome.difference.speed.high >= 1
        ]
        if smaller:
            return max(smaller, key=lambda outcome: outcome.difference.shrink).variant.name
        return self.baseline.name

    def _measure_quality(self, variant: Variant) -> Difference:
        against = {"variant": self.baseline.name}
        return Difference(self.metric, {"variant": variant.name}, against, scale=100, level=self.level)

    def _measure_speed(self, variant: Variant) -> Difference:
        against = {"variant": self.baseline.name}
        return Difference("seconds", {"variant": variant.name}, against, kind="speedup", level=self.level)

    def _compare_sizes(self, variant: Variant, rows: Sequence[Row]) -> float:
        own, first = (
            Measure("size_mib", {"variant": each.name}, kind="max").compute(rows) for each in (variant, self.baseline)
        )
        return (first or 0.0) / own if own else 1.0

    def _tell(self, outcomes: Sequence[Outcome]) -> Table:
        head = ["変種", "代わりに", f"{self.name} の差", "速さ（倍）", "大きさ（分の 1）", "p（Holm）"]
        rows: list[list[Cell]] = [
            [
                outcome.variant.name,
                WORDS[outcome.verdict.outcome],
                self._measure_quality(outcome.variant),
                self._measure_speed(outcome.variant),
                outcome.difference.shrink,
                outcome.difference.p,
            ]
            for outcome in outcomes
        ]
        told = "".join(f"{outcome.verdict.japanese}。" for outcome in outcomes)
        return Table("判定", head, rows, digits=2, intervals=True, note=told)

    def _show_quality(self) -> Table:
        columns = QUALITY[self.baseline.kind]
        rows: list[list[Cell]] = [
            [variant.name, *(Measure(column, {"variant": variant.name}, scale=100) for column in columns)]
            for variant in self.variants
        ]
        return Table(
            "品質（％）", ["変種", *columns.values()], rows, digits=2, intervals=True, note="区間は一つずつ 95 %。"
        )

    def _show_cost(self) -> Table:
        """Show time and memory; each figure of memory is that of one process."""
        costs = [
            ("1 問 p50（ms）", "seconds", "median", 1000.0),
            ("1 問 p95（ms）", "seconds", "p95", 1000.0),
            ("同、計算時間の p50（ms）", "processor_seconds", "median", 1000.0),
            ("プロセスの最大メモリ（MiB）", "peak_mib", "max", 1.0),
        ]
        if self.baseline.kind == "reader":
            costs.append(("重み（MiB）", "size_mib", "max", 1.0))
        else:
            costs += [("重み（MiB）", "weights_mib", "max", 1.0), ("ベクトル（MiB）", "vectors_mib", "max", 1.0)]
            costs += [("全窓の埋め込み（秒）", "embedding_seconds", "max", 1.0)]
        rows: list[list[Cell]] = [
            [
                variant.name,
                *(
                    Measure(column, {"variant": variant.name}, kind=kind, scale=scale)  # type: ignore[arg-type]
                    for _, column, kind, scale in costs
                ),
            ]
            for variant in self.variants
        ]
        return Table("費用", ["変種", *(name for name, *_ in costs)], rows, digits=1)

    def _draw(self, rows: Sequence[Row], name: str, cost: Measure, label: str) -> Picture:
        names = [variant.name for variant in self.variants]
        dots = []
        for number, variant in enumerate(names):
            x = Measure(cost.column, {"variant": variant}, kind=cost.kind, scale=cost.scale).compute(rows)
            y = Measure(self.metric, {"variant": variant}, scale=100).compute(rows)
            if x is not None and y is not None:
                dots.append(Dot(variant, x, y, group=number))
        title = f"{self.name} と{label}"
        draw = partial(draw_trade, dots, title=title, x_label=label, y_label=f"{self.name}（％）", groups=names)
        return Picture(name, title, draw, note="線の上にあるものは、安くて良いものがほかにない。")

    def _list_figures(self) -> dict[str, Measure]:
        figures: dict[str, Measure] = {}
        for variant in self.variants:
            where = {"variant": variant.name}
            for column, name in QUALITY[variant.kind].items():
                figures[f"{variant.name} {name}"] = Measure(column, where, scale=100)
            figures[f"{variant.name} p50_ms"] = Measure("seconds", where, kind="median", scale=1000)
            figures[f"{variant.name} p95_ms"] = Measure("seconds", where, kind="p95", scale=1000)
            figures[f"{variant.name} peak_mib"] = Measure("peak_mib", where, kind="max")
            figures[f"{variant.name} size_mib"] = Measure("size_mib", where, kind="max")
        return figures


def _require(interval: Interval | None) -> Interval:
    return Interval(0.0, float("-inf"), float("inf")) if interval is None else interval

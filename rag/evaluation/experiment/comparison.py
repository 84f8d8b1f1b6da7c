"""Two runs of one kind side by side: what got better, what got worse, and by which rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.run_folder import read_rows, read_run
from rag.evaluation.metrics import Interval
from rag.evaluation.rows import Report, Row

Verdict = Literal["better", "worse", "same", "untested"]
LEVEL = 0.95
DRAWS = 10_000
_CHUNK = 500
_COST = re.compile(r"second|byte|memory|mib|vector|false|error|refused|rank", re.IGNORECASE)
_TIME = re.compile(r"second|memory|mib", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run as it was written; `measures` are those of its figures."""

    path: Path
    kind: str
    settings: Mapping[str, object]
    measures: Mapping[str, Measure]
    rows: tuple[Row, ...]
    report: Report


@dataclass(frozen=True, slots=True)
class Change:
    """The value of one figure's column in one row of either run."""

    key: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in both runs, over the rows that have the same key.

    `interval` is that of the difference (after less before), None where the figure is no mean. `verdict` allows for
    the number of figures; "untested" are figures that are no means, and times and memory, which tell of the machine.
    `failed` says that the figure got worse by more than is allowed. `changes` are the rows that differ, most first.
    """

    name: str
    before: float
    after: float
    interval: Interval | None
    n: int
    low_is_good: bool
    verdict: Verdict
    failed: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs; `settings` hold those that differ, as pairs."""

    before: Run
    after: Run
    differences: tuple[Difference, ...]
    settings: Mapping[str, tuple[object, object]]
    shared: int

    @property
    def failed(self) -> bool:
        """Whether anything got worse by more than is allowed."""
        return any(difference.failed for difference in self.differences)


def load_run(path: Path) -> Run:
    """Load a finished run from its folder.

    Raises:
        DatasetError: There is none, it is damaged, or it did not come to its end.
    """
    content = read_run(path)
    figures, measures = content.get("figures"), content.get("measures")
    if not isinstance(figures, dict) or not isinstance(measures, dict):
        raise DatasetError(f"{path}: the run did not come to its end; run the same command again, it goes on")
    settings, findings = content.get("settings"), content.get("findings")
    rows = tuple(read_rows(path))
    try:
        loaded = {name: Measure(**measure) for name, measure in measures.items()}
    except TypeError as error:
        raise DatasetError(f"{path}: holds figures of another version ({error}); measure it again") from error
    return Run(
        path=path,
        kind=str(content.get("kind", "")),
        settings=settings if isinstance(settings, dict) else {},
        measures=loaded,
        rows=rows,
        report=Report({**figures, "n": len(rows)}, rows, findings if isinstance(findings, dict) else {}, path),
    )


def compare_runs(
    before: Run, after: Run, *, thresholds: Mapping[str, float] | None = None, seed: int = 0
) -> Comparison:
    """Compare the figures that two runs have in common.

    A figure fails where it got significantly worse: where the bootstrap interval of the paired difference, at 95 %
    shared out over all figures that are tested (Bonferroni), lies wholly on the bad side of 0. Times and memory are
    not tested.

    Args:
        before: The run that is measured against.
        after: The one in question.
        thresholds: By the name of a figure or of its column, by how much it may get worse; such a figure fails where
            it got worse by more, and nowhere else.
        seed: Of the bootstrap.

    Raises:
        DatasetError: The runs are of different kinds, or have no row in common.
        ArgumentError: A threshold names no figure or is below 0.
    """
    if before.kind != after.kind:
        raise DatasetError(
            f"{before.path} is a run of {before.kind!r}, {after.path} of {after.kind!r}; expected two of one kind"
        )
    names = [name for name in before.measures if before.measures[name] == after.measures.get(name)]
    limits = _match_thresholds(thresholds or {}, {name: before.measures[name] for name in names})
    old, new = _key(before.rows), _key(after.rows)
    shared = [key for key in old if key in new]
    if not shared or not names:
        raise DatasetError(
            f"{before.path} and {after.path} have no {'figure' if shared else 'row'} in common; expected runs over the "
            "same questions"
        )
    tested = [name for name in names if _is_tested(before.measures[name])]
    differences = [
        _compare(
            name,
            before.measures[name],
            [old[key] for key in shared],
            [new[key] for key in shared],
            level=1 - (1 - LEVEL) / max(1, len(tested)),
            limit=limits.get(name),
            seed=seed,
        )
        for name in names
    ]
    return Comparison(
        before,
        after,
        tuple(difference for difference in differences if difference is not None),
        {
            name: (before.settings.get(name), after.settings.get(name))
            for name in {**before.settings, **after.settings}
            if before.settings.get(name) != after.settings.get(name)
        },
        len(shared),
    )


def describe_comparison(comparison: Comparison) -> dict[str, object]:
    """Shape a comparison for JSON."""
    return {
        "kind": comparison.before.kind,
        "before": str(comparison.before.path),
        "after": str(comparison.after.path),
        "shared_rows": comparison.shared,
        "failed": comparison.failed,
        "settings": {name: list(pair) for name, pair in comparison.settings.items()},
        "figures": {
            each.name: {
                "before": each.before,
                "after": each.after,
                "difference": each.after - each.before,
                "low": None if each.interval is None else each.interval.low,
                "high": None if each.interval is None else each.interval.high,
                "n": each.n,
                "verdict": each.verdict,
                "failed": each.failed,
                "changes": [
                    {"key": change.key, "before": change.before, "after": change.after} for change in each.changes
                ],
            }
            for each in comparison.differences
        },
    }


def _match_thresholds(thresholds: Mapping[str, float], measures: Mapping[str, Measure]) -> dict[str, float]:
    limits: dict[str, float] = {}
    for wanted, limit in thresholds.items():
        found = [name for name in measures if wanted in (name, measures[name].column)]
        if not found or limit < 0:
            known = ", ".join(dict.fromkeys([*measures, *(measure.column for measure in measures.values())]))
            raise ArgumentError(
                f"threshold {wanted}={limit:g}: expected a number of at least 0 for one of {known}; name one of these"
            )
        # The name of a figure says more than that of a column many figures have.
        limits |= {name: limit for name in found if name == wanted or name not in thresholds}
    return limits


def _is_tested(measure: Measure) -> bool:
    return measure.kind == "mean" and not _TIME.search(measure.column)


def _key(rows: Sequence[Row]) -> dict[str, Row]:
    return {str(row["key"]): row for row in rows}


def _compare(
    name: str,
    measure: Measure,
    old: Sequence[Row],
    new: Sequence[Row],
    *,
    level: float,
    limit: float | None,
    seed: int,
) -> Difference | None:
    chosen = {str(row["key"]) for row in measure.select(old)} & {str(row["key"]) for row in measure.select(new)}
    pairs = [(one, other) for one, other in zip(old, new, strict=True) if str(one["key"]) in chosen]
    before = measure.compute([one for one, _ in pairs])
    after = measure.compute([other for _, other in pairs])
    if before is None or after is None:
        return None
    low_is_good = _COST.search(measure.column) is not None
    gaps = [measure.scale * (_read(other, measure) - _read(one, measure)) for one, other in pairs]
    groups = [repr(one.get(measure.unit)) if measure.unit else str(one["key"]) for one, _ in pairs]
    interval = find_interval(gaps, groups, level=LEVEL, seed=seed) if measure.kind == "mean" else None
    verdict: Verdict = "untested"
    if _is_tested(measure):
        strict = find_interval(gaps, groups, level=level, seed=seed)
        sign = -1 if low_is_good else 1
        verdict = "same"
        if min(sign * strict.low, sign * strict.high) > 0:
            verdict = "better"
        elif max(sign * strict.low, sign * strict.high) < 0:
            verdict = "worse"
    loss = after - before if low_is_good else before - after
    changes = [
        Change(str(one["key"]), _read(one, measure), _read(other, measure))
        for one, other in pairs
        if _read(one, measure) != _read(other, measure)
    ]
    changes.sort(key=lambda change: -abs(change.after - change.before))
    return Difference(
        name=name,
        before=before,
        after=after,
        interval=interval,
        n=len(pairs),
        low_is_good=low_is_good,
        verdict=verdict,
        failed=verdict == "worse" if limit is None else loss > limit,
        changes=tuple(changes),
    )


def find_interval(gaps: Sequence[float], groups: Sequence[str], *, level: float, seed: int) -> Interval:
    """Return the mean of differences with its percentile bootstrap interval, drawn by whole groups."""
    _, places = np.unique(list(groups), return_inverse=True)
    numbers = np.asarray(gaps, dtype=np.float64)
    sums, counts = np.bincount(places, weights=numbers), np.bincount(places)
    generator = np.random.default_rng(seed)
    means = []
    for _ in range(DRAWS // _CHUNK):  # all draws at once would take draws × rows numbers
        drawn = generator.integers(len(sums), size=(_CHUNK, len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(numbers.mean()), float(low), float(high))


def _read(row: Row, measure: Measure) -> float:
    return float(row[measure.column])  # type: ignore[arg-type]

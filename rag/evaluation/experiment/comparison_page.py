"""The page of a comparison, in which every figure shows the rows of both runs that it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rag.errors import DatasetError
from rag.evaluation.experiment.comparison import Comparison, Difference, describe_comparison
from rag.evaluation.experiment.page import build_page
from rag.evaluation.experiment.presentation import Cell, Presentation, Table
from rag.evaluation.experiment.run_folder import PAGE_FILE
from rag.evaluation.rows import Row
from rag.index.manifest import replace_file

VERDICTS: Mapping[str, str] = {
    "better": "良化 / better",
    "worse": "悪化 / worse",
    "same": "差なし / same",
    "untested": "–",
}
FAILED = "許容を超えて悪化 / failed"
BEFORE, AFTER, GAP = "A", "B", "B − A"
MOST = 20
"""Rows named for a figure."""


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write the page of a comparison into a folder and return its path.

    Raises:
        DatasetError: It cannot be written.
    """
    page = build_page(
        present_comparison(comparison),
        rows=join_rows(comparison),
        run=describe_comparison(comparison),
        pictures={},
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / PAGE_FILE, lambda file: file.write(page.encode()))
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be written ({error.strerror}); give another folder as --out") from error
    return folder / PAGE_FILE


def join_rows(comparison: Comparison) -> list[Row]:
    """Return the rows with a common key of both runs, told apart by the column "run", and their differences."""
    after = {str(row["key"]): row for row in comparison.after.rows}
    columns = {measure.column for measure in comparison.before.measures.values()}
    rows: list[Row] = []
    for old in comparison.before.rows:
        new = after.get(str(old["key"]))
        if new is None:
            continue
        gaps = {name: _subtract(new.get(name), old.get(name)) for name in columns}
        rows += [{"run": BEFORE, **old}, {"run": AFTER, **new}, {"run": GAP, **old, **gaps}]
    return rows


def present_comparison(comparison: Comparison) -> Presentation:
    """Present figures side by side, and for those that changed the rows that differ most."""
    measures = comparison.before.measures
    rows: list[list[Cell]] = []
    for each in comparison.differences:
        cells = [
            replace(measures[each.name], where={**measures[each.name].where, "run": run})
            for run in (BEFORE, AFTER, GAP)
        ]
        gap = cells[2] if each.interval is not None else each.after - each.before
        rows.append([each.name, cells[0], cells[1], gap, name_verdict(each), str(each.n)])
    changed = [
        Table(
            f"変わった設問 / rows that changed: {each.name}",
            ["行 / row", BEFORE, AFTER],
            [[change.key, change.before, change.after] for change in each.changes[:MOST]],
            note=f"{len(each.changes)} 行のうち {min(MOST, len(each.changes))} 行",
        )
        for each in comparison.differences
        if each.changes and (each.failed or each.verdict in ("better", "worse"))
    ]
    settings = Table(
        "違う条件 / settings that differ",
        ["設定 / setting", BEFORE, AFTER],
        [[name, *(f"{value!r:.200}" for value in pair)] for name, pair in comparison.settings.items()],
    )
    return Presentation(
        title=f"比較 / comparison: {comparison.before.kind}",
        note=f"A: {comparison.before.path} / B: {comparison.after.path} / 共通の行 / shared rows: {comparison.shared}",
        tables=[
            Table(
                "数字 / figures",
                ["指標 / figure", BEFORE, AFTER, GAP, "判定 / verdict", "行 / rows"],
                rows,
                intervals=True,
            ),
            *changed,
            *([settings] if comparison.settings else []),
        ],
    )


def name_verdict(difference: Difference) -> str:
    """Say in words what became of a figure."""
    return FAILED if difference.failed else VERDICTS[difference.verdict]


def _subtract(new: object, old: object) -> float | None:
    if isinstance(new, int | float) and isinstance(old, int | float):
        return float(new) - float(old)
    return None

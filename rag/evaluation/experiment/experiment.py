"""Running of an experiment: trial by trial into its folder, then what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import DatasetError, MissingExtraError
from rag.evaluation.experiment.environment import describe_environment
from rag.evaluation.experiment.page import build_page
from rag.evaluation.experiment.pictures import japanese_text, write_png
from rag.evaluation.experiment.presentation import Presentation
from rag.evaluation.experiment.run_folder import PAGE_FILE, RunFolder, hash_settings
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.rows import Figures, Report, Row

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress

Present = Callable[[Sequence[Row]], Presentation]
RUNS = Path("runs")
"""Where runs go that were given no folder."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is to be measured, and how it is shown.

    `settings` hold all that the rows depend on, fingerprints of texts and models included; `kind` is the name of the
    command. `files` are texts by name that stand in the folder before the first trial begins.
    """

    kind: str
    settings: Mapping[str, object]
    trials: Sequence[Trial]
    present: Present
    files: Mapping[str, str] = field(default_factory=dict)


def choose_folder(experiment: Experiment, given: Path | None) -> Path:
    """Return the folder of a run: the given one, or one that equal settings find again."""
    name = f"{experiment.kind}-{hash_settings(_settle(experiment))[:8]}"
    return RUNS / name if given is None else given


def run_experiment(experiment: Experiment, *, out: Path | None = None, progress: Progress | None = None) -> Report:
    """Run every trial that has no row yet, then write figures, pictures and page.

    Each row is on disk before the next trial begins: a run that was stopped goes on where it was when it is started
    again with the same settings and folder.

    Args:
        experiment: What is measured.
        out: Folder of the run; `choose_folder` when None.
        progress: Called with trials done and their number.

    Returns:
        The figures of the presentation and its findings, and all rows. Without the extra "plot" there are no pictures,
        and a finding says so.

    Raises:
        DatasetError: There is nothing to do, two trials have one key, or the folder holds another run or is being
            written.
    """
    keys = {trial.key for trial in experiment.trials}
    if not keys or len(keys) < len(experiment.trials):
        raise DatasetError(
            f"{experiment.kind}: {len(experiment.trials)} trials with {len(keys)} keys; expected one trial at least, "
            "each with a key of its own: see that no question stands in the files twice"
        )
    with RunFolder.open(choose_folder(experiment, out), settings=_settle(experiment)) as folder:
        for name, text in experiment.files.items():
            folder.write(name, text)
        begun, spent = time.perf_counter(), 0
        if progress:
            progress(len(folder.keys & keys), len(keys))
        for trial in experiment.trials:
            if trial.key not in folder.keys:
                folder.append(trial.key, trial.run())
                spent += 1
                if progress:
                    progress(len(folder.keys & keys), len(keys))
        rows = [row for row in folder.rows if row["key"] in keys]
        return _finish(experiment, folder, rows, seconds=time.perf_counter() - begun, fresh=spent)


def _settle(experiment: Experiment) -> dict[str, object]:
    return {"kind": experiment.kind, **experiment.settings}


def _finish(experiment: Experiment, folder: RunFolder, rows: Sequence[Row], *, seconds: float, fresh: int) -> Report:
    shown = experiment.present(rows)
    figures: Figures = {name: measure.compute(rows) for name, measure in shown.figures.items()}
    pictures, missing = _draw(shown)
    findings = {**shown.findings, **missing}
    for name, data in pictures.items():
        folder.write(f"{name}.png", data)
    content = {
        "kind": experiment.kind,
        "settings": _settle(experiment),
        "figures": figures,
        "measures": {name: asdict(measure) for name, measure in shown.figures.items()},
        "findings": findings,
        "environment": describe_environment(),
        "seconds": round(seconds, 3),
        "rows_of_this_call": fresh,
        "rows": len(rows),
    }
    folder.describe(content)
    folder.write(PAGE_FILE, build_page(shown, rows=rows, run=content, pictures=pictures))
    return Report({**figures, "n": len(rows)}, tuple(rows), findings=findings, folder=folder.path)


def _draw(shown: Presentation) -> tuple[dict[str, bytes], dict[str, str]]:
    """Draw the pictures, or say why there are none: what was measured for hours is not lost for want of a package."""
    if not shown.pictures:
        return {}, {}
    try:
        with japanese_text():
            return {picture.name: write_png(picture.draw()) for picture in shown.pictures}, {}
    except MissingExtraError as error:
        return {}, {"図なし / no pictures": f"{error}; 同じ命令でもう一度描きます / the same command draws them then"}

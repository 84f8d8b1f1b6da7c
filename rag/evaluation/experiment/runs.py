"""The runs that stand in a folder, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rag.errors import DatasetError
from rag.evaluation.experiment.run_folder import PAGE_FILE, RUN_FILE, read_run


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has come to its end; `figures` are its single numbers by name, `ended` is local time."""

    path: Path
    kind: str
    ended: datetime
    figures: Mapping[str, float]

    @property
    def page(self) -> str:
        """The page of the run.

        Raises:
            DatasetError: It cannot be read.
        """
        try:
            return (self.path / PAGE_FILE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"{self.path / PAGE_FILE}: cannot be read ({error}); measure again") from error


def list_runs(folder: Path) -> list[Run]:
    """Find the finished runs in a folder; what is no run, is damaged or was stopped is passed over."""
    found = [run for path in folder.glob(f"*/{RUN_FILE}") if (run := _read(path.parent)) is not None]
    return sorted(found, key=lambda run: (run.ended, run.path.name), reverse=True)


def _read(path: Path) -> Run | None:
    try:
        content = read_run(path)
        ended = datetime.fromtimestamp((path / RUN_FILE).stat().st_mtime).astimezone()
    except (DatasetError, OSError):
        return None
    kind, figures = content.get("kind"), content.get("figures")
    if not isinstance(kind, str) or not isinstance(figures, Mapping) or not (path / PAGE_FILE).is_file():
        return None
    numbers = {str(name): float(value) for name, value in figures.items() if isinstance(value, (int, float))}
    return Run(path, kind, ended, numbers)

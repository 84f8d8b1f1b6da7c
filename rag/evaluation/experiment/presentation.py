"""What an experiment shows of its rows: tables and pictures, every figure with the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell: TypeAlias = "Measure | Difference | str | float | None"
"""A figure of rows, or a text or number that is none (a setting, a verdict)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head; `rows` hold the label of the row first."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    digits: int = 3
    intervals: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be drawn; `name` becomes that of its file, with .png."""

    name: str
    title: str
    draw: Callable[[], Figure]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Presentation:
    """All that is shown of a run.

    `figures` go into `run.json` and to the terminal by name; numbers beside them (settings that won, verdicts) into
    `findings`.
    """

    title: str
    note: str
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    figures: Mapping[str, Measure | Difference] = field(default_factory=dict)
    findings: Mapping[str, object] = field(default_factory=dict)

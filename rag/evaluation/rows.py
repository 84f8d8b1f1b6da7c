"""What an evaluation hands back: figures, and one row a question to look into."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from rag.errors import DatasetError

Row = Mapping[str, object]
Figures: TypeAlias = Mapping[str, "float | Figures | None"]
"""Figures by name, or by a group's name those of the group; None where the data do not allow a figure."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one evaluation; `rows` come in the order the questions were asked.

    `findings` are results that are no numbers (what won, verdicts), `folder` is where the run was written, if it was.
    """

    figures: Figures
    rows: tuple[Row, ...]
    findings: Mapping[str, object] = field(default_factory=dict)
    folder: Path | None = None


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write one JSON object a line, UTF-8.

    Raises:
        DatasetError: The file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be written ({error.strerror}); give a path in a folder that exists"
        ) from error

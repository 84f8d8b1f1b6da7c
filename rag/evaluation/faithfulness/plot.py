"""A picture of what an evaluation of faithfulness found."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from rag.errors import DatasetError
from rag.evaluation.rows import Figures
from rag.extras import require

PANELS = ("drop@1", "drop@3", "drop@5", "comprehensiveness", "sufficiency", "lds", "kendall")
COLUMNS = 4
COLOURS = {"calibrated": "#b4532a", "removal": "#3b6b57"}
GREY = "#9aa3ad"


def draw_faithfulness(figures: Figures, path: Path) -> None:
    """Draw one panel a figure with one bar a method, and write it; the ending says the format (PNG, SVG, PDF).

    Raises:
        DatasetError: The file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib", "plot")
    from matplotlib.figure import Figure

    methods = cast("dict[str, dict[str, float | None]]", figures["methods"])
    names = list(reversed(methods))
    picture = Figure(figsize=(13, 0.9 + 0.42 * 2 * len(names)), layout="constrained")
    rows = -(-len(PANELS) // COLUMNS)
    panels: list[Any] = list(picture.subplots(rows, COLUMNS, sharey=True).flat)
    for panel, figure in zip(panels, PANELS, strict=False):
        values = [methods[name][figure] or 0.0 for name in names]
        panel.barh(names, values, color=[COLOURS.get(name, GREY) for name in names])
        panel.set_title(f"{figure} (less is better)" if figure == "sufficiency" else figure, fontsize=10)
        panel.axvline(0, color="black", linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(PANELS) :]:
        panel.set_axis_off()
    picture.suptitle(f"Faithfulness of explanations, {figures['n']} answers, text deleted", fontsize=11)
    try:
        picture.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be drawn ({error}); give a path that ends in .png, .svg or .pdf") from error

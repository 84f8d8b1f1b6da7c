"""Pictures of experiments, with Japanese labels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.evaluation.metrics import Interval
from rag.extras import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXTRA = "plot"
COLOURS = ("#b4532a", "#3b6b57", "#33608c", "#8c6d1f", "#7a4988", "#5d6670", "#a33f5a", "#2f7f8a")
"""Of the lines of one picture, the first for what matters most."""


@dataclass(frozen=True, slots=True)
class Line:
    """Values over places, with the bounds of their intervals where they are known; None leaves a gap."""

    label: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """One setting: what it costs and how good it is."""

    label: str
    x: float
    y: float
    group: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a group with its interval; None leaves a gap."""

    label: str
    values: Sequence[Interval | None]


@contextmanager
def japanese_text() -> Iterator[None]:
    """Draw with a font that knows Japanese.

    Raises:
        MissingExtraError: matplotlib or the font is not installed.
    """
    matplotlib = require("matplotlib", EXTRA)
    require("matplotlib_fontja", EXTRA)
    with matplotlib.rc_context({"font.family": "IPAexGothic", "axes.unicode_minus": False, "font.size": 10}):
        yield


def draw_heat_map(
    values: Sequence[Sequence[float | None]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    row_label: str,
    column_label: str,
    lowest: float = 0.0,
    highest: float = 1.0,
    good_is_high: bool = True,
    form: str = "{:.2f}",
) -> Figure:
    """Draw one field a condition, with its value written in; None stays empty.

    Shape of values: (rows, columns).
    """
    figure, axes = _begin(width=1.6 + 0.75 * len(columns), height=1.3 + 0.42 * len(rows), title=title)
    numbers = np.array([[np.nan if value is None else value for value in row] for row in values], dtype=np.float64)
    shading = "YlGn" if good_is_high else "YlOrRd"
    axes.imshow(numbers, cmap=shading, vmin=lowest, vmax=highest, aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(column_label)
    axes.set_ylabel(row_label)
    middle = (lowest + highest) / 2
    for (row, column), value in np.ndenumerate(numbers):
        if not np.isnan(value):
            dark = value > middle
            axes.text(column, row, form.format(value), ha="center", va="center", color="white" if dark else "black")
    return figure


def draw_lines(lines: Sequence[Line], *, title: str, x_label: str, y_label: str, logarithmic: bool = False) -> Figure:
    """Draw lines over one axis, with bands for their intervals."""
    figure, axes = _begin(width=7.2, height=4.2, title=title)
    for colour, line in zip(_cycle(len(lines)), lines, strict=True):
        axes.plot(line.x, _gaps(line.y), marker="o", markersize=4, label=line.label, color=colour)
        if line.low and line.high:
            axes.fill_between(line.x, _gaps(line.low), _gaps(line.high), color=colour, alpha=0.15, linewidth=0)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    if len(lines) > 1:
        axes.legend(frameon=False)
    return figure


def draw_bars(bars: Sequence[Bars], *, groups: Sequence[str], title: str, y_label: str) -> Figure:
    """Draw bars side by side for each group, their intervals as lines and their heights written above."""
    figure, axes = _begin(width=2.2 + 1.25 * len(groups), height=4.4, title=title)
    width = 0.8 / len(bars)
    for number, (colour, each) in enumerate(zip(_cycle(len(bars)), bars, strict=True)):
        known = [(place, value) for place, value in enumerate(each.values) if value is not None]
        x = [place + (number - (len(bars) - 1) / 2) * width for place, _ in known]
        heights = [value.mean for _, value in known]
        reach = [[value.mean - value.low for _, value in known], [value.high - value.mean for _, value in known]]
        axes.bar(x, heights, width=0.9 * width, color=colour, label=each.label)
        axes.errorbar(x, heights, yerr=reach, fmt="none", ecolor="#333333", elinewidth=0.8, capsize=2)
        for place, height, high in zip(x, heights, reach[1], strict=True):
            axes.annotate(
                f"{height:.2f}",
                (place, height + high),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7,
            )
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, axis="y")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, ncols=len(bars), loc="upper left")
    axes.set_ylim(top=1.18 * axes.get_ylim()[1])
    return figure


def draw_trade(dots: Sequence[Dot], *, title: str, x_label: str, y_label: str, groups: Sequence[str] = ()) -> Figure:
    """Draw cost against quality, and the border of what no other setting beats in both (Pareto)."""
    border = find_border(dots)
    figure, axes = _scatter(dots, named=border, title=title, x_label=x_label, y_label=y_label, groups=groups)
    axes.plot([dot.x for dot in border], [dot.y for dot in border], color="black", linewidth=0.8, zorder=2)
    return figure


def draw_scatter(dots: Sequence[Dot], *, title: str, x_label: str, y_label: str, groups: Sequence[str] = ()) -> Figure:
    """Draw one figure of each setting against another, every dot with its label."""
    return _scatter(dots, named=dots, title=title, x_label=x_label, y_label=y_label, groups=groups)[0]


def find_border(dots: Sequence[Dot]) -> list[Dot]:
    """Return the dots that no other beats in both cost and quality, cheapest first."""
    border: list[Dot] = []
    for dot in sorted(dots, key=lambda dot: (dot.x, -dot.y)):
        if not border or dot.y > border[-1].y:
            border.append(dot)
    return border


def write_png(figure: Figure) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def _scatter(
    dots: Sequence[Dot], *, named: Sequence[Dot], title: str, x_label: str, y_label: str, groups: Sequence[str]
) -> tuple[Figure, Any]:
    figure, axes = _begin(width=7.6, height=5.0, title=title)
    for number, colour in enumerate(_cycle(max((dot.group for dot in dots), default=0) + 1)):
        own = [dot for dot in dots if dot.group == number]
        label = groups[number] if number < len(groups) else None
        axes.scatter([dot.x for dot in own], [dot.y for dot in own], color=colour, label=label, s=26, zorder=3)
    for dot in named:
        axes.annotate(dot.label, (dot.x, dot.y), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    if groups:
        axes.legend(frameon=False)
    return figure, axes


def _begin(*, width: float, height: float, title: str) -> tuple[Figure, Any]:
    require("matplotlib", EXTRA)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=11)
    return figure, axes


def _cycle(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]

"""The steps of one attention head as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from rag.cli.terminal import SHADES, output

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.attention.dissection import Dissection, Step
    from rag.attention.experiment import Experiment
    from rag.attention.heads import Habit, HeadProfile
    from rag.attention.projection import Projection
    from rag.explanation.specimen import Specimen

CELL, LABEL, MOST_ROWS = 7, 12, 12
"""Width of a number's and a token's column, and rows shown of a matrix."""

HABIT_LABELS: dict[Habit, str] = {
    "previous": "一つ前の語 / previous token",
    "next": "一つ後の語 / next token",
    "same": "同じ語 / same token",
    "delimiter": "区切り / delimiter",
    "answer": "質問から答えへ / question to answer",
}


def print_heads(profiles: Sequence[HeadProfile]) -> None:
    """Print the entropy of every head, and the head that follows each habit most."""
    from rag.attention.heads import find_strongest

    heads = 1 + max(profile.head for profile in profiles)
    output.print("[bold]全ヘッドのエントロピー（ビット） / entropy of every head (bits)[/]")
    grid = Table("層 / layer", *(str(head + 1) for head in range(heads)), box=None, padding=(0, 1, 0, 0))
    for start in range(0, len(profiles), heads):
        row = profiles[start : start + heads]
        grid.add_row(str(row[0].layer + 1), *(f"{profile.entropy:.1f}" for profile in row))
    output.print(grid)
    table = Table("くせ / habit", "層 / layer", "ヘッド / head", "視線の割合 / share", box=None)
    for habit, profile in find_strongest(profiles).items():
        table.add_row(
            HABIT_LABELS[habit], str(profile.layer + 1), str(profile.head + 1), f"{profile.shares[habit]:.0%}"
        )
    output.print("\n[bold]くせのいちばん強いヘッド / strongest head of each habit[/]")
    output.print(table)


def print_steps(specimen: Specimen, dissection: Dissection) -> None:
    """Print each step with its shape, first numbers and difference from the model."""
    tokens, trace = specimen.tokens, dissection.trace
    output.print(
        f"\n[bold cyan]{dissection.layer + 1} 層 {dissection.head + 1} 番ヘッド[/]"
        f" / layer {dissection.layer + 1}, head {dissection.head + 1}"
    )
    if dissection.query is None:
        output.print("[yellow]X と W_q が見つからないので Q、K、V から示します / X not found; from Q, K, V on[/]")
    else:
        _print_matrix("X", "各語の状態 / state of each token", dissection.query.x, tokens)
    parts: tuple[tuple[Step, Projection | None, NDArray[np.float64]], ...] = (
        ("q", dissection.query, trace.q),
        ("k", dissection.key, trace.k),
        ("v", dissection.value, trace.v),
    )
    for step, projection, matrix in parts:
        name = step.upper()
        formula = f"{name} = X W_{step} + b_{step}" if projection is not None else name
        if step in dissection.turned:
            formula += "、位置による回転か正規化のあと / then turned by position or normalised"
        _print_matrix(formula, "", matrix, tokens)
        _print_check(step, dissection)
    factor = 1 / dissection.scaling
    _print_matrix("QKᵀ", "語どうしの合い具合 / how well tokens match", trace.scores, tokens, columns=tokens)
    _print_check("scores", dissection)
    hidden = int((~dissection.visible).sum())
    masked = f"{hidden} 組を隠す / hides {hidden} pairs" if hidden else "隠すものなし / hides nothing"
    _print_matrix(f"QKᵀ ÷ {factor:.3g}", f"マスク / mask: {masked}", trace.scaled, tokens, columns=tokens)
    _print_check("scaled", dissection)
    _print_matrix("softmax", "視線の割り振り / how the gaze is shared", trace.weights, tokens, columns=tokens)
    _print_check("weights", dissection)
    _print_matrix("weights × V", "ヘッドの出力 / output of the head", trace.output, tokens)
    _print_check("output", dissection)


def print_experiment(specimen: Specimen, experiment: Experiment) -> None:
    """Print a head before and after the changes."""
    changes = experiment.changes
    names = [
        name
        for name, wanted in (
            ("√d_k で割らない / without scaling", changes.without_scaling),
            ("W_k = W_q / shared", changes.shared),
            ("V を逆順に / values swapped", changes.swap_values),
        )
        if wanted
    ]
    output.print(f"\n[bold cyan]実験 / experiment[/] {'、'.join(names)}")
    table = Table("", "前 / before", "後 / after", box=None)
    table.add_row(
        "エントロピー / entropy", f"{experiment.entropy_before:.3f}", f"{experiment.entropy_after:.3f} ビット"
    )
    table.add_row("移った視線 / gaze moved", "", f"{experiment.moved:.1%}")
    table.add_row("出力の変化 / change of output", "", f"{experiment.output_change:.1%}")
    output.print(table)
    tokens = specimen.tokens
    _print_matrix("softmax", "前 / before", experiment.before.weights, tokens, columns=tokens)
    _print_matrix("softmax", "後 / after", experiment.after.weights, tokens, columns=tokens)


def _print_matrix(
    name: str, meaning: str, matrix: NDArray[np.float64], rows: Sequence[str], *, columns: Sequence[str] | None = None
) -> None:
    """Print the first rows and columns; weights, whose columns are tokens and sum to 1, are shaded."""
    height, width = matrix.shape
    shown = max(1, min(width, (output.width - LABEL - 2) // CELL))
    heads = [str(number + 1) for number in range(shown)] if columns is None else columns[:shown]
    table = Table(
        Column("", no_wrap=True, max_width=LABEL),
        *(Column(escape(head), no_wrap=True, max_width=CELL - 1, justify="right") for head in heads),
        box=None,
        padding=(0, 1, 0, 0),
    )
    shares = columns is not None and bool((matrix >= 0).all()) and float(matrix.max()) <= 1
    for token, row in zip(rows[:MOST_ROWS], matrix, strict=False):
        table.add_row(escape(token), *(_format(value, shaded=shares) for value in row[:shown].tolist()))
    output.print(f"\n[bold]{escape(name)}[/]  [dim]{height} × {width}[/]  {escape(meaning)}", soft_wrap=True)
    output.print(table)
    if height > MOST_ROWS or width > shown:
        output.print(f"[dim]… 初めの {min(height, MOST_ROWS)} × {shown} / the first; all of it with --json[/]")


def _format(value: float, *, shaded: bool) -> Text:
    if not np.isfinite(value):
        return Text("−∞", style="dim")
    style = SHADES[round(min(value, 1.0) * (len(SHADES) - 1))] if shaded else ""
    return Text(f"{value:.2f}", style=style)


def _print_check(step: Step, dissection: Dissection) -> None:
    for check in dissection.checks:
        if check.step == step:
            mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
            output.print(
                f"{mark} [dim]モデルとの差は最大 {check.difference:.1e} / largest difference from the model[/]"
            )

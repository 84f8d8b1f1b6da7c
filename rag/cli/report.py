"""The `rag report` command: runs of experiments shown again and compared, for people and for CI."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from rag.cli import terminal
from rag.cli.exit_codes import DONE, WORSE
from rag.cli.records import describe_report

if TYPE_CHECKING:
    from rag.cli.parser import Commands
    from rag.config.settings import Settings
    from rag.evaluation.experiment.comparison import Comparison, Difference

SHOWN = 5
"""Rows named for a figure that changed."""
STYLES = {"better": "green", "worse": "red"}


def add_arguments(commands: Commands, common: ArgumentParser) -> None:
    """Add the command and its options."""
    report = commands.add_parser("report", parents=[common], help="show a run, or compare two / 結果の表示と比較")
    report.add_argument("before", metavar="A", type=Path, help="folder of a run / 結果のフォルダー")
    report.add_argument("after", metavar="B", type=Path, nargs="?", help="compared with A / 比べる結果")
    report.add_argument(
        "--threshold", action="append", default=[], type=_threshold, metavar="NAME=VALUE",
        help="exit 1 only if this figure got worse by more; may be repeated / 悪化を許す幅",
    )  # fmt: skip
    report.add_argument("--out", type=Path, metavar="FOLDER", help="write a page (index.html) / 比較のページを書く")


def run(given: Namespace, settings: Settings) -> int:  # noqa: ARG001
    """Show one run or compare two; 1 where the second got worse."""
    from rag.evaluation.experiment.comparison import compare_runs, describe_comparison, load_run
    from rag.evaluation.experiment.comparison_page import write_comparison

    before = load_run(given.before)
    if given.after is None:
        if given.json:
            terminal.print_json(describe_report(before.report))
        else:
            terminal.print_report(before.report)
        return DONE
    comparison = compare_runs(before, load_run(given.after), thresholds=dict(given.threshold))
    page = None if given.out is None else write_comparison(comparison, given.out)
    if given.json:
        terminal.print_json(describe_comparison(comparison))
    else:
        _print_comparison(comparison)
        if page is not None:
            terminal.output.print(f"報告 / report: {escape(str(page))}", soft_wrap=True)
    return WORSE if comparison.failed else DONE


def _print_comparison(comparison: Comparison) -> None:
    from rag.evaluation.experiment.comparison_page import name_verdict

    output = terminal.output
    for name, (old, new) in comparison.settings.items():
        output.print(f"[dim]{escape(name)}: {escape(f'{old!r:.80}')} → {escape(f'{new!r:.80}')}[/]", soft_wrap=True)
    # One line a figure, however long: logs of CI are narrow, and names of figures are not.
    for each in comparison.differences:
        style = "bold red" if each.failed else STYLES.get(each.verdict, "default")
        line = f"{each.name}: {each.before:.4f} → {each.after:.4f}  {_write_gap(each)}  {name_verdict(each)}"
        output.print(f"[{style}]{escape(line)}[/]", soft_wrap=True)
    for each in comparison.differences:
        if each.changes and (each.failed or each.verdict in STYLES):
            output.print(f"{escape(each.name)}: {len(each.changes)} 行が変わりました / rows changed")
            for change in each.changes[:SHOWN]:
                output.print(
                    f"  [dim]{escape(change.key)}: {change.before:.4f} → {change.after:.4f}[/]", soft_wrap=True
                )
    output.print(f"共通の行 / shared rows: {comparison.shared}")


def _write_gap(difference: Difference) -> str:
    gap = f"{difference.after - difference.before:+.4f}"
    interval = difference.interval
    return gap if interval is None else f"{gap} [{interval.low:+.4f}, {interval.high:+.4f}]"


def _threshold(text: str) -> tuple[str, float]:
    name, mark, value = text.rpartition("=")
    try:
        if mark and name:
            return name, float(value)
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r}: expected NAME=VALUE such as f1=0.5 / f1=0.5 のように指定してください")

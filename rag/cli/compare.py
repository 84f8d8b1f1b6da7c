"""The `rag compare` command: may a cheaper model take the place of another?"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.cli.arguments import count
from rag.cli.dataset import add_dataset_arguments, add_run_arguments, load_dataset
from rag.config.settings import Settings
from rag.evaluation.variants.variant import Kind, Variant, list_shipped, load_variants
from rag.evaluation.variants.verdict import Thresholds

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress
    from rag.evaluation.datasets import Dataset
    from rag.evaluation.rows import Report

QUESTIONS = 300
THRESHOLDS = ("max_loss", "min_speedup", "min_shrink", "min_questions")


def add_arguments(commands: _SubParsersAction[ArgumentParser], common: ArgumentParser) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare", parents=[common], help="may a cheaper model replace another? / 安いモデルで代わりになるか"
    )
    compare.add_argument(
        "variants",
        nargs="*",
        type=Path,
        metavar="VARIANT.toml",
        help="the baseline first; those of the package without / 変種の設定。先頭が基準。なければ付属のもの",
    )
    compare.add_argument(
        "--kind", choices=get_args(Kind), default="reader", help="which of the package, without files / 付属の種類"
    )
    add_dataset_arguments(compare)
    compare.add_argument(
        "--importance-squad",
        nargs="+",
        default=[],
        type=Path,
        metavar="FILE",
        help="questions that say what heads are worth (the samples) / ヘッドの重要度を測る質問",
    )
    compare.add_argument("--metric", metavar="COLUMN", help="what decides: f1, exact_match, hybrid@5 … / 判定に使う列")
    compare.add_argument("--max-loss", type=_measure, metavar="POINTS", help="most points lost (0.5) / 許す低下")
    compare.add_argument("--min-speedup", type=_measure, metavar="TIMES", help="least speed-up / 要る速さの倍率")
    compare.add_argument("--min-shrink", type=_measure, metavar="TIMES", help="times smaller / 要る小ささの倍率")
    compare.add_argument("--min-questions", type=count, metavar="N", help="least questions (200) / 要る設問の数")
    add_run_arguments(compare, limit=QUESTIONS)


def run(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Compare the variants named, or those that come with the package and that this machine can run."""
    from rag.evaluation.datasets import load_samples, load_squad
    from rag.evaluation.variants.comparison import Trials, compare_variants, is_possible

    variants = load_variants(given.variants or list_shipped(given.kind))
    left = [] if given.variants else [variant for variant in variants if not is_possible(variant)]
    asked = bool(given.squad or given.docs or given.questions)
    dataset: Dataset = load_dataset(given) if asked else load_samples()
    report = compare_variants(
        [variant for variant in variants if variant not in left],
        Trials(
            dataset,
            whole=bool(given.squad),
            importance=load_squad(given.importance_squad) if given.importance_squad else load_samples(),
            limit=given.limit,
        ),
        settings,
        thresholds=_choose_thresholds(given, variants[0]),
        metric=given.metric,
        out=given.out,
        progress=progress,
    )
    if left:
        names = ", ".join(variant.name for variant in left)
        note = f"{names}：この計算機では動かない / this machine lacks the number format"
        report = replace(report, findings={**report.findings, "除外 / left out": note})
    return report


def _choose_thresholds(given: Namespace, baseline: Variant) -> Thresholds:
    """Take those of the baseline's file, and in their place what was given as options."""
    named = {name: getattr(given, name) for name in THRESHOLDS if getattr(given, name) is not None}
    return replace(baseline.thresholds or Thresholds(), **named)


def _measure(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError(f"{text!r}: expected a number of at least 0 / 0 以上の数を指定してください")
    return value

"""The `rag evaluate sweep` subcommand."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.chunks.context import Context
from rag.chunks.windowing import Pooling
from rag.chunks.windows import Boundary
from rag.cli.arguments import count
from rag.cli.dataset import DOCS, QUESTIONS, add_dataset_arguments, add_run_arguments, load_articles
from rag.errors import ArgumentError
from rag.evaluation.longtext.sweep_grid import SweepGrid
from rag.retrieval.widening import Widen

if TYPE_CHECKING:
    from rag.cli.parser import Commands
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.datasets import Dataset
    from rag.evaluation.rows import Report

LIMIT, CONFIRM_LIMIT = 200, 1000
DEFAULTS = SweepGrid()


def add_arguments(kinds: Commands, common: ArgumentParser) -> None:
    """Add the command and its options."""
    parser = kinds.add_parser("sweep", parents=[common], help="ways to make windows / 窓の作り方を比べる")
    add_dataset_arguments(parser)
    parser.add_argument("--samples", action="store_true", help="the documents of the package / 見本の文書で測る")
    grid = parser.add_argument_group("what is tried / 試すもの（既定に対して一つずつ）")
    grid.add_argument("--sizes", nargs="+", type=count, default=DEFAULTS.sizes, metavar="N", help="lengths / 大きさ")
    grid.add_argument(
        "--strides",
        nargs="+",
        type=_share,
        default=DEFAULTS.strides,
        metavar="SHARE",
        help="of the size / ずらし幅の割合",
    )
    for name, kind, words in (
        ("boundaries", Boundary, "where windows end / 切れ目"),
        ("contexts", Context, "what windows know / 窓の前に付けるもの"),
        ("poolings", Pooling, "late chunking is document / 遅延分割は document"),
        ("widenings", Widen, "what hits are widened to / 読むときの広げ方"),
    ):
        grid.add_argument(f"--{name}", nargs="+", choices=get_args(kind), default=getattr(DEFAULTS, name), help=words)
    parser.add_argument("--rerank", action="store_true", help="let the reader put hits in order / 並べ直す")
    parser.add_argument("--read", action="store_true", help="answer the questions too (slow) / 答えも求める")
    other = parser.add_argument_group("other questions for the best setting / 選ぶのに使わない設問での確認")
    other.add_argument("--confirm-squad", nargs="+", default=[], type=Path, metavar="FILE", help="SQuAD JSON (.xz)")
    other.add_argument("--confirm-docs", type=Path, metavar="PATH", help=DOCS)
    other.add_argument("--confirm-questions", type=Path, metavar="FILE", help=QUESTIONS)
    other.add_argument(
        "--confirm-limit",
        type=count,
        default=CONFIRM_LIMIT,
        metavar="N",
        help=f"questions ({CONFIRM_LIMIT}) / 設問の数",
    )
    add_run_arguments(parser, limit=LIMIT)


def run(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Run the sweep."""
    from rag.evaluation.longtext.sweep import SweepQuestions, evaluate_sweep

    grid = SweepGrid(
        sizes=tuple(given.sizes),
        strides=tuple(given.strides),
        boundaries=tuple(given.boundaries),
        contexts=tuple(given.contexts),
        poolings=tuple(given.poolings),
        widenings=tuple(given.widenings),
    )
    confirm = None
    if given.confirm_squad or given.confirm_docs or given.confirm_questions:
        other = Namespace(squad=given.confirm_squad, docs=given.confirm_docs, questions=given.confirm_questions)
        confirm = SweepQuestions.choose(_load_long(other), limit=given.confirm_limit)
    return evaluate_sweep(
        SweepQuestions.choose(_load_long(given), limit=given.limit),
        settings,
        grid=grid,
        confirm=confirm,
        rerank=given.rerank,
        read=given.read,
        seed=given.seed,
        out=given.out,
        progress=progress,
    )


def _load_long(given: Namespace) -> Dataset:
    """Load questions about long documents, or those of the samples."""
    from rag.evaluation.datasets import load_samples

    if getattr(given, "samples", False):
        if given.squad or given.docs or given.questions:
            raise ArgumentError("--samples stands for its own documents and questions; leave the files out")
        return load_samples()
    return load_articles(given)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ArgumentTypeError(
            f"{text!r}: expected a share above 0, at most 1 / 0 より大きく 1 以下を指定してください"
        )
    return share

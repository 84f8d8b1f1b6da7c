"""The `rag evaluate position` subcommand."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from rag.cli.arguments import count
from rag.cli.dataset import add_dataset_arguments, add_run_arguments, load_articles
from rag.evaluation.longtext.position_grid import PositionGrid

if TYPE_CHECKING:
    from rag.cli.parser import Commands
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.rows import Report

LIMIT = 36
DEFAULTS = PositionGrid()


def add_arguments(kinds: Commands, common: ArgumentParser) -> None:
    """Add the command and its options."""
    parser = kinds.add_parser("position", parents=[common], help="place and number of passages / 箇所の順番と数")
    add_dataset_arguments(parser)
    parser.add_argument(
        "--numbers", nargs="+", type=count, default=DEFAULTS.numbers, metavar="K", help="passages read / 読む箇所の数"
    )
    parser.add_argument(
        "--places", type=count, default=DEFAULTS.places, metavar="N",
        help="places of the answer tried for each number / 正解を置く場所の数",
    )  # fmt: skip
    add_run_arguments(parser, limit=LIMIT)


def run(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Run the test of place and number."""
    from rag.evaluation.longtext.position import evaluate_position

    return evaluate_position(
        load_articles(given),
        settings,
        grid=PositionGrid(tuple(given.numbers), given.places),
        limit=given.limit,
        out=given.out,
        progress=progress,
    )

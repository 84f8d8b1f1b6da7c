"""The `rag evaluate needle` subcommand."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.arguments import count, number
from rag.cli.dataset import add_dataset_arguments, add_run_arguments, load_articles
from rag.evaluation.longtext.needle_grid import NeedleGrid

if TYPE_CHECKING:
    from rag.cli.parser import Commands
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.rows import Report

LIMIT = 12
DEFAULTS = NeedleGrid()


def add_arguments(kinds: Commands, common: ArgumentParser) -> None:
    """Add the command and its options."""
    parser = kinds.add_parser("needle", parents=[common], help="needles in haystacks / 干し草のなかの針")
    add_dataset_arguments(parser)
    parser.add_argument(
        "--hay", nargs="+", default=[], type=Path, metavar="PATH",
        help="files and folders of any format (the other documents) / 干し草にする文書",
    )  # fmt: skip
    parser.add_argument(
        "--lengths", nargs="+", type=count, default=DEFAULTS.lengths, metavar="N", help="characters / 干し草の文字数"
    )
    parser.add_argument(
        "--depths", nargs="+", type=number, default=DEFAULTS.depths, metavar="PERCENT", help="of needles / 針の深さ"
    )
    parser.add_argument(
        "--needles", type=count, default=DEFAULTS.needles, metavar="N", help="most of one haystack / 一度に隠す針の数"
    )
    parser.add_argument(
        "--distractors", type=number, default=DEFAULTS.distractors, metavar="N",
        help="near-duplicates of each needle / 針に似た偽の段落の数",
    )  # fmt: skip
    parser.add_argument(
        "--reader-characters", type=number, default=DEFAULTS.reader_characters, metavar="N",
        help="longest haystack that the reader reads whole / 読解だけで読む最長の文字数",
    )  # fmt: skip
    add_run_arguments(parser, limit=LIMIT)


def run(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Run the needle test."""
    from rag.evaluation.longtext.hay import load_hay
    from rag.evaluation.longtext.needle import evaluate_needle

    grid = NeedleGrid(
        lengths=tuple(given.lengths),
        depths=tuple(given.depths),
        needles=given.needles,
        distractors=given.distractors,
        reader_characters=given.reader_characters,
        seed=given.seed,
    )
    return evaluate_needle(
        load_articles(given),
        settings,
        hay=load_hay(given.hay) if given.hay else None,
        grid=grid,
        limit=given.limit,
        out=given.out,
        progress=progress,
    )

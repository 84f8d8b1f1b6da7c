"""The `rag evaluate conversation` subcommand."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.arguments import add_mode, add_windows, count
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from rag.cli.parser import Commands
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.rows import Report

TURNS = (1, 3)


def add_arguments(kinds: Commands, common: ArgumentParser) -> None:
    """Add the command and its options."""
    parser = kinds.add_parser("conversation", parents=[common], help="follow-up questions / 会話の続きの質問")
    parser.add_argument("--docs", type=Path, metavar="PATH", help="docs.jsonl, file or folder (samples) / 文書 (見本)")
    parser.add_argument("--followups", type=Path, metavar="FILE", help="followups.jsonl (.xz) / 続きの質問")
    parser.add_argument(
        "--turns", nargs="+", type=count, default=TURNS, metavar="N", help="last turns put in front / 前に置く回数"
    )
    add_windows(parser)
    add_mode(parser)
    parser.add_argument("--limit", type=count, metavar="N", help="first N questions only / 先頭の N 問")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the report goes (runs/…) / 報告の場所")
    parser.set_defaults(rows=None)


def run(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Run the test: on the samples without files."""
    from rag.evaluation.datasets import load_followups, load_sample_conversations
    from rag.evaluation.longtext.conversation import evaluate_conversation

    if (given.docs is None) != (given.followups is None):
        raise ArgumentError("expected --docs PATH and --followups FILE, or neither for the samples; give the other too")
    dataset = load_sample_conversations() if given.docs is None else load_followups(given.docs, given.followups)
    return evaluate_conversation(
        dataset, settings, turns=given.turns, limit=given.limit, out=given.out, progress=progress
    )

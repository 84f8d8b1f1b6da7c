"""The questions with known answers that a command measures with."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.arguments import add_mode, add_windows, count, number
from rag.errors import ArgumentError

if TYPE_CHECKING:
    from rag.evaluation.datasets import Dataset


DOCS = "docs.jsonl (.xz), or a file or folder of any format / 文書"
QUESTIONS = "about --docs: JSONL or CSV (.xz) / 設問"


def add_dataset_arguments(parser: ArgumentParser) -> None:
    """Add the files of documents and questions."""
    parser.add_argument("--squad", nargs="+", default=[], type=Path, metavar="FILE", help="SQuAD JSON (.xz)")
    parser.add_argument("--docs", type=Path, metavar="PATH", help=DOCS)
    parser.add_argument("--questions", type=Path, metavar="FILE", help=QUESTIONS)


def add_run_arguments(parser: ArgumentParser, *, limit: int) -> None:
    """Add what all experiments that write a folder have in common; they write rows there and nowhere else."""
    add_windows(parser)
    add_mode(parser)
    parser.add_argument(
        "--limit",
        type=count,
        default=limit,
        metavar="N",
        help=f"N questions, evenly spread over all ({limit}) / 全体から等間隔に選ぶ設問の数",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the report goes (runs/…) / 報告の場所")
    parser.add_argument("--seed", type=number, default=0, metavar="N", help="of what is drawn (0) / 乱数の種")
    parser.set_defaults(rows=None)


def load_dataset(given: Namespace) -> Dataset:
    """Load the questions that were given.

    Raises:
        ArgumentError: There are none, or two kinds of them.
        DatasetError: A file is not in its format.
    """
    from rag.evaluation.datasets import load_long_documents, load_squad

    if bool(given.squad) == bool(given.docs and given.questions):
        raise ArgumentError("expected --squad FILE, or --docs FILE and --questions FILE, and not both; give one")
    return load_squad(given.squad) if given.squad else load_long_documents(given.docs, given.questions)


def load_articles(given: Namespace) -> Dataset:
    """Load the questions that were given, the paragraphs of each SQuAD article joined into one long document.

    Raises:
        ArgumentError: There are none, or two kinds of them.
        DatasetError: A file is not in its format.
    """
    from rag.evaluation.datasets import join_articles

    dataset = load_dataset(given)
    return join_articles(dataset) if given.squad else dataset

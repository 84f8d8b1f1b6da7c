"""The `rag evaluate self` subcommand."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.cli.arguments import count, number
from rag.cli.dataset import DOCS
from rag.config.settings import Settings
from rag.errors import ArgumentError
from rag.evaluation.own.sizes import KEEP, LIMIT, READ
from rag.retrieval.search import Mode

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress
    from rag.evaluation.rows import Report

    Kinds = _SubParsersAction[ArgumentParser]


def add_arguments(kinds: Kinds, common: ArgumentParser) -> None:
    """Add the subcommand to those of `rag evaluate`."""
    parser = kinds.add_parser(
        "self", parents=[common], help="on questions made of the library's own sentences / 自分の文書で測る"
    )
    parser.add_argument("--limit", type=count, default=LIMIT, metavar="N", help=f"questions made ({LIMIT}) / 設問の数")
    parser.add_argument(
        "--keep",
        type=_share,
        default=KEEP,
        metavar="SHARE",
        help=f"of a sentence's words, what a question keeps: fewer are harder ({KEEP}) / 設問に残す語の割合",
    )
    parser.add_argument(
        "--unanswerable", type=number, default=0, metavar="N", help="questions without an answer too / 答えのない設問"
    )
    parser.add_argument("--seed", type=number, default=0, metavar="N", help="other questions / 別の設問にする (0)")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="made before, corrected / 直した設問を使う")
    parser.add_argument("--docs", type=Path, metavar="PATH", help=f"with --against: {DOCS}")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="questions of people, JSONL or CSV (.xz): do both rank settings alike? / 人の設問と順位が合うか",
    )
    parser.add_argument(
        "--read",
        type=number,
        default=READ,
        metavar="N",
        help=f"with --against, questions read ({READ}) / 読む設問の数",
    )
    parser.add_argument("--mode", choices=get_args(Mode), help="kind of search / 検索の種類")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the run / 結果の置き場 (runs/)")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="write one line a question (JSONL) / 設問ごとの結果")


def evaluate_self(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    """Measure the library on its own questions, or these questions against labelled ones."""
    from rag.evaluation.own.agreement import evaluate_agreement
    from rag.evaluation.own.self_test import evaluate_own_questions
    from rag.library.library import Library

    if bool(given.docs) != bool(given.against):
        raise ArgumentError(
            "expected --docs and --against together, found one of them; give both to compare with questions of people, "
            "neither to measure the library"
        )
    if given.docs is None:
        with Library.open(settings.library, settings=settings, create=False) as library:
            return evaluate_own_questions(
                library,
                questions=given.questions,
                limit=given.limit,
                keep=given.keep,
                unanswerable=given.unanswerable,
                seed=given.seed,
                out=given.out,
                making=progress,
                progress=progress,
            )
    if given.questions is not None or given.unanswerable:
        raise ArgumentError(
            "--questions and --unanswerable go with a library, not with --docs and --against; leave them out"
        )
    return evaluate_agreement(
        given.docs,
        given.against,
        settings,
        limit=given.limit,
        keep=given.keep,
        read=given.read,
        seed=given.seed,
        out=given.out,
        progress=progress,
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ArgumentTypeError(f"{text!r}: expected a number from 0 to 1 / 0 から 1 の数を指定してください")
    return share

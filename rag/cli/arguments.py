"""Arguments that several commands have, and kinds of arguments."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import get_args

from rag.chunks.context import Context
from rag.chunks.windows import Unit
from rag.retrieval.search import Mode


def add_windows(parser: ArgumentParser) -> None:
    """Add how documents are cut into windows."""
    parser.add_argument("--size", type=int, help="length of a window / 窓の長さ")
    parser.add_argument("--stride", type=int, help="step of a window / 窓のずらし幅")
    parser.add_argument("--unit", choices=get_args(Unit), help="what size and stride count / 単位")
    parser.add_argument("--context", choices=get_args(Context), help="put before windows / 窓の前に付ける見出し")


def add_mode(parser: ArgumentParser) -> None:
    """Add the kind of search."""
    parser.add_argument("--mode", choices=get_args(Mode), help="kind of search / 検索の種類")


def count(text: str) -> int:
    """Read a whole number of at least 1.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r}: expected a whole number of at least 1 / 1 以上の整数を指定してください")
    return int(text)


def number(text: str) -> int:
    """Read a whole number of at least 0.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r}: expected a whole number of at least 0 / 0 以上の整数を指定してください")
    return int(text)

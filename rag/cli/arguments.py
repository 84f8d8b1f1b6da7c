"""Kinds of arguments."""

from __future__ import annotations

from argparse import ArgumentTypeError


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

"""The smallest piece of work of an experiment: one question under one condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.evaluation.rows import Row


@dataclass(frozen=True, slots=True)
class Trial:
    """What is done once and gives one row.

    `key` tells it from every other trial of the experiment, also when the experiment is taken up again. What several
    trials need (a library, a haystack) is best built when the first of them asks for it: trials whose row is there
    already are not run.
    """

    key: str
    run: Callable[[], Row]

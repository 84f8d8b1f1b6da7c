"""The order in which variants take their turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def rotate(items: Sequence[Item], turn: int) -> list[Item]:
    """Return the items, each turn beginning one further on.

    All take their turn at every question, and over as many questions as there are items each has stood at every place:
    a machine that grows slower, or what the one before left in its caches, touches all alike.
    """
    first = turn % len(items)
    return [*items[first:], *items[:first]]

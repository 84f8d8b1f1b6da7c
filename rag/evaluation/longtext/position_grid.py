"""What a test of place and number varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.errors import ArgumentError

Manner = Literal["joint", "separate", "search"]
"""Passages in common inputs with equal scores; each by itself; in the order and with the scores of search."""
MANNERS: dict[Manner, str] = {"joint": "まとめて", "separate": "別々に", "search": "検索の順と点数で"}


@dataclass(frozen=True, slots=True)
class PositionGrid:
    """Numbers of passages, and the most places of the gold one that are tried for each."""

    numbers: tuple[int, ...] = (1, 2, 3, 5, 10, 20)
    places: int = 5

    def check(self) -> None:
        """Make sure that the values make sense.

        Raises:
            ArgumentError: One does not.
        """
        if not self.numbers or min(self.numbers) < 1 or len(set(self.numbers)) < len(self.numbers):
            raise ArgumentError(f"numbers {self.numbers}: expected different ones of 1 or more passages")
        if self.places < 2:
            raise ArgumentError(f"places {self.places}: expected at least 2, the first and the last")


def choose_places(k: int, *, most: int) -> list[int]:
    """Return places from 1 to `k`, all of them or `most` evenly spread ones with the first and the last."""
    count = min(k, most)
    return [1] if count == 1 else [1 + number * (k - 1) // (count - 1) for number in range(count)]

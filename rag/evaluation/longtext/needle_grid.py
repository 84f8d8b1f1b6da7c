"""What a needle test varies."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import ArgumentError

SHORTEST_HAYSTACK = 200


@dataclass(frozen=True, slots=True)
class NeedleGrid:
    """What a needle test varies.

    `lengths`: characters of the haystacks. `depths`: places of the needles in percent. `needles`: most needles of one
    haystack. `distractors`: near-duplicates of each needle where they are tried, 0 for never. `reader_characters`:
    longest haystack that the reader reads whole. `seed`: of the choice of hay and distractors.
    """

    lengths: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    depths: tuple[int, ...] = (0, 25, 50, 75, 100)
    needles: int = 20
    distractors: int = 2
    reader_characters: int = 10_000
    seed: int = 0

    def check(self) -> None:
        """Make sure that the values make sense.

        Raises:
            ArgumentError: One does not.
        """
        if not self.lengths or min(self.lengths) < SHORTEST_HAYSTACK or len(set(self.lengths)) < len(self.lengths):
            raise ArgumentError(f"lengths {self.lengths}: expected different ones of {SHORTEST_HAYSTACK} or more")
        if not self.depths or not all(0 <= depth <= 100 for depth in self.depths):
            raise ArgumentError(f"depths {self.depths}: expected percents from 0 to 100, at least one")
        if len(set(self.depths)) < len(self.depths):
            raise ArgumentError(f"depths {self.depths}: expected different ones")
        if self.needles < 1 or self.distractors < 0:
            raise ArgumentError(
                f"needles {self.needles}, distractors {self.distractors}: expected at least 1 and at least 0"
            )

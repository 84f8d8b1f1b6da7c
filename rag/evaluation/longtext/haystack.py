"""Haystacks: hay with needles at known depths, every accepted answer at an exact place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.documents.document import Document, build_document_id
from rag.evaluation.datasets import Question
from rag.evaluation.longtext.gold import GoldPassage
from rag.evaluation.longtext.hay import GAP, HayText

SOURCE = "haystack"
"""Every haystack replaces the one before it in a library, which keeps the vectors of windows that stay."""
SPACING = 800
"""Characters between two needles of one depth, at most."""


@dataclass(frozen=True, slots=True)
class Needle:
    """A gold passage and its depth: 0 is the beginning of the hay, 100 its end."""

    passage: GoldPassage
    depth: float


@dataclass(frozen=True, slots=True)
class Decoy:
    """A text that looks like a needle and is none, and its depth."""

    text: str
    depth: float


@dataclass(frozen=True, slots=True)
class Haystack:
    """A document, and by id the questions whose needles it holds, their answers where they stand in it."""

    document: Document
    questions: Mapping[str, Question]


def build_haystack(hay: HayText, needles: Sequence[Needle], decoys: Sequence[Decoy] = ()) -> Haystack:
    """Put needles and decoys between sentences of the hay, each at the border nearest to its depth.

    Several of one depth stand apart. Each is a paragraph by itself.
    """
    depths = [*(needle.depth for needle in needles), *(decoy.depth for decoy in decoys)]
    texts = [*(needle.passage.text for needle in needles), *(decoy.text for decoy in decoys)]
    places = choose_borders(hay.borders, depths)
    pieces: list[str] = []
    length = done = 0
    starts: dict[int, int] = {}
    for number in sorted(range(len(texts)), key=lambda number: places[number]):
        before = hay.text[done : places[number]]
        pieces += [before, GAP, texts[number], GAP]
        starts[number] = length + len(before) + len(GAP)
        length += len(before) + len(texts[number]) + 2 * len(GAP)
        done = places[number]
    text = "".join((*pieces, hay.text[done:]))
    document_id = build_document_id(SOURCE, text)
    questions = {
        needle.passage.question.id: needle.passage.move(document_id, starts[number])
        for number, needle in enumerate(needles)
    }
    return Haystack(Document(document_id, SOURCE, text, source=SOURCE), questions)


def choose_borders(borders: Sequence[int], depths: Sequence[float]) -> list[int]:
    """Choose a border for each depth; no two have one, as long as there are enough.

    Args:
        borders: Places between sentences, ascending, the first and the last the ends of the text.
        depths: In percent.
    """
    length = borders[-1]
    spacing = min(SPACING, length / (len(depths) + 1))
    free = list(borders)
    chosen = []
    for number, depth in enumerate(depths):
        share = depth / 100
        earlier, alike = depths[:number].count(depth), depths.count(depth)
        target = share * length + (earlier - share * (alike - 1)) * spacing
        place = _find_nearest(free, target)
        chosen.append(free.pop(place) if len(free) > 1 else free[place])
    return chosen


def _find_nearest(values: Sequence[int], target: float) -> int:
    """Return the index of the value nearest to the target; `values` are ascending."""
    after = bisect_left(values, target)
    if after == len(values) or (after and target - values[after - 1] <= values[after] - target):
        return after - 1
    return after

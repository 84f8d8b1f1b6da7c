"""Which haystacks a needle test needs, so that every question is asked at every depth of every length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.evaluation.datasets import Dataset
from rag.evaluation.longtext.distractors import DistractorPool, Relation
from rag.evaluation.longtext.gold import GoldPassage, flatten, flatten_answers
from rag.evaluation.longtext.hay import Hay
from rag.evaluation.longtext.haystack import Decoy, Needle
from rag.evaluation.longtext.needle_grid import NeedleGrid

Condition = Literal["plain", "absent", "distractors"]
"""Needles in hay; hay without the needle of the question; needles beside texts that look like them."""
SHARE = 0.2
"""Most of a haystack that is needles."""
MARGIN = 1.05
"""Hay that a group of documents has to leave over, as a multiple of the longest haystack: some of it holds answers."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Gold passages, and hay that holds none of their documents."""

    hay: Hay
    passages: tuple[GoldPassage, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a haystack: the depth of its needle, None where it has none, and how it was led astray."""

    passage: GoldPassage
    depth: int | None
    decoys: tuple[str, ...] = ()
    relation: Relation | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A haystack to be built: up to `length` characters, of hay taken from the share `start` on.

    `group` are all passages that take turns in this hay: none of their answers stands in it.
    """

    condition: Condition
    length: int
    batch: Batch
    group: tuple[GoldPassage, ...]
    start: float
    asked: tuple[Asked, ...]
    needles: tuple[Needle, ...]
    decoys: tuple[Decoy, ...] = ()

    @property
    def room(self) -> int:
        """Characters left for hay, the same for all haystacks of one group."""
        taken = sum(len(passage.text) for passage in self.group) + sum(len(decoy.text) for decoy in self.decoys)
        return self.length - taken - 4 * (len(self.group) + len(self.decoys))


def share_hay(dataset: Dataset, passages: Sequence[GoldPassage], hay: Hay | None, *, longest: int) -> list[Batch]:
    """Part the passages so that each batch has hay that is none of its own documents.

    Args:
        dataset: Its documents are the hay where there is no other.
        passages: To be hidden.
        hay: Hay for all of them; the other documents of the dataset when None.
        longest: Characters of the longest haystack: as many documents are batched as leave so much over.

    Raises:
        DatasetError: There is not enough hay.
    """
    if hay is not None:
        hay.require(longest)
        return [Batch(hay, tuple(passages))]
    sizes = {document.id: len(document.text) for document in dataset.documents.values()}
    total = sum(sizes.values())
    asked = dict.fromkeys(passage.question.document_id for passage in passages)
    bins: list[set[str]] = []
    for document_id in sorted(asked, key=lambda document_id: -sizes[document_id]):
        fitting = (
            each
            for each in bins
            if total - sum(sizes[other] for other in each) - sizes[document_id] >= MARGIN * longest
        )
        found = next(fitting, None)
        if found is None:
            bins.append({document_id})
        else:
            found.add(document_id)
    batches = [
        Batch(
            Hay([document for document in dataset.documents.values() if document.id not in each]),
            tuple(passage for passage in passages if passage.question.document_id in each),
        )
        for each in bins
    ]
    for batch in batches:
        batch.hay.require(longest)
    return batches


def group_passages(passages: Sequence[GoldPassage], *, most: int) -> list[list[GoldPassage]]:
    """Put passages together, up to `most`, of which none holds an answer to the question of another."""
    groups: list[list[GoldPassage]] = []
    flat = {id(passage): flatten(passage.text) for passage in passages}
    answers = {id(passage): flatten_answers([passage.question]) for passage in passages}

    def agree(one: GoldPassage, other: GoldPassage) -> bool:
        return not any(answer in flat[id(other)] for answer in answers[id(one)]) and not any(
            answer in flat[id(one)] for answer in answers[id(other)]
        )

    for passage in passages:
        fitting = (group for group in groups if len(group) < most and all(agree(passage, other) for other in group))
        found = next(fitting, None)
        if found is None:
            groups.append([passage])
        else:
            found.append(passage)
    return groups


def plan_stacks(batches: Sequence[Batch], grid: NeedleGrid, *, size: int, pool: DistractorPool) -> Iterator[Stack]:
    """Plan all haystacks, short ones first; those that share hay follow each other.

    The needles of a group take turns: from one haystack to the next each goes on to the next depth, and once it is
    left out and its question asked all the same.

    Args:
        batches: Of `share_hay`.
        grid: What is varied.
        size: Characters of a needle, about.
        pool: What distractors are made with.
    """
    for length in grid.lengths:
        for batch in batches:
            for group in group_passages(batch.passages, most=_count_needles(grid, length, size)):
                yield from _rotate(batch, tuple(group), grid, length)
            near = size * (1 + grid.distractors)
            if grid.distractors and 2 * near <= length:
                for group in group_passages(batch.passages, most=_count_needles(grid, length, near)):
                    yield from _distract(batch, tuple(group), grid, length, pool)


def _count_needles(grid: NeedleGrid, length: int, size: int) -> int:
    return max(1, min(grid.needles, int(SHARE * length / size)))


def _choose_start(grid: NeedleGrid, length: int, group: Sequence[GoldPassage]) -> float:
    return random.Random(f"{grid.seed} {length} {group[0].question.id}").random()


def _rotate(batch: Batch, group: tuple[GoldPassage, ...], grid: NeedleGrid, length: int) -> Iterator[Stack]:
    turns: tuple[int | None, ...] = (*grid.depths, None)
    start = _choose_start(grid, length, group)
    for turn in range(len(turns)):
        asked = tuple(Asked(passage, turns[(place + turn) % len(turns)]) for place, passage in enumerate(group))
        needles = tuple(Needle(each.passage, each.depth) for each in asked if each.depth is not None)
        yield Stack("plain", length, batch, group, start, asked, needles)


def _distract(
    batch: Batch, group: tuple[GoldPassage, ...], grid: NeedleGrid, length: int, pool: DistractorPool
) -> Iterator[Stack]:
    """Plan the haystack in which each needle has near-duplicates; those without any are not asked for."""
    avoid = flatten_answers(passage.question for passage in group)
    asked, decoys = [], []
    chooser = random.Random(f"{grid.seed} {length} {group[0].question.id} distractors")
    for passage in group:
        made = pool.build(passage, count=grid.distractors, avoid=avoid, seed=grid.seed)
        if made:
            relations = {each.relation for each in made}
            relation: Relation = "other_subject" if relations == {"other_subject"} else "contradiction"
            depth = grid.depths[batch.passages.index(passage) % len(grid.depths)]
            asked.append(Asked(passage, depth, tuple(each.answer for each in made), relation))
            decoys += [Decoy(each.text, 100 * chooser.random()) for each in made]
    if asked:
        needles = tuple(Needle(each.passage, each.depth) for each in asked if each.depth is not None)
        start = _choose_start(grid, length, group)
        yield Stack("distractors", length, batch, group, start, tuple(asked), needles, tuple(decoys))

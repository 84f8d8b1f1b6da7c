"""Overlapping windows made disjoint: trimmed for a list of hits, merged into the stretches of text that are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.errors import ArgumentError
from rag.retrieval.hit import Hit, Passage


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Characters `start:end` of one document; `rank` is the place of the best hit they belong to, 0 for the first."""

    start: int
    end: int
    rank: int


def trim_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Take from each hit what a better one already shows, and leave out hits of which nothing is left.

    Args:
        hits: Best first; they may overlap.

    Returns:
        Hits, best first, no two of which hold the same character; one that a better one divides stands in parts.
    """
    shown: dict[str, list[_Stretch]] = {}
    trimmed: list[Hit] = []
    for rank, hit in enumerate(hits):
        stretches = shown.setdefault(hit.document_id, [])
        parts = _subtract(_Stretch(hit.start, hit.end, rank), stretches)
        stretches += parts
        trimmed += [
            replace(hit, start=part.start, end=part.end, text=hit.text[part.start - hit.start : part.end - hit.start])
            for part in parts
        ]
    return trimmed


def merge_hits(
    hits: Sequence[Hit],
    *,
    load_text: Callable[[str, int, int], str],
    limit: int,
    widen: Callable[[Hit], tuple[int, int]] | None = None,
) -> list[Passage]:
    """Merge windows of one document that overlap or touch.

    Every character of a hit is in exactly one passage. Better hits are kept whole first: where a merged passage would
    be longer than `limit`, the worse hit gives up what a better one already holds and the rest stands alone. A single
    window longer than `limit` is cut.

    Args:
        hits: Windows found, best first.
        load_text: Returns characters start:end of a document, by id.
        limit: Most characters of a passage.
        widen: Returns the stretch around a hit that is read in its place; the hit itself when None.

    Returns:
        Passages, best first; the score is that of the first hit in it.

    Raises:
        ArgumentError: `limit` is below one.
    """
    if limit < 1:
        raise ArgumentError(f"limit = {limit}: expected at least 1; give the most characters of a passage")
    kept: dict[str, list[_Stretch]] = {}
    for rank, hit in enumerate(hits):
        stretches = kept.setdefault(hit.document_id, [])
        start, end = (hit.start, hit.end) if widen is None else widen(hit)
        stretches += _cut(_subtract(_Stretch(start, end, rank), stretches), limit)
    merged = [
        (stretch, document_id)
        for document_id, stretches in kept.items()
        for stretch in _join(sorted(stretches, key=lambda stretch: stretch.start), limit)
    ]
    merged.sort(key=lambda found: (found[0].rank, found[0].start))
    return [
        Passage(
            document_id=document_id,
            start=stretch.start,
            end=stretch.end,
            text=load_text(document_id, stretch.start, stretch.end),
            score=hits[stretch.rank].score,
        )
        for stretch, document_id in merged
    ]


def _subtract(stretch: _Stretch, taken: Iterable[_Stretch]) -> list[_Stretch]:
    """Return the parts of `stretch` that none of `taken` holds, ascending."""
    free: list[_Stretch] = []
    start = stretch.start
    for other in sorted(taken, key=lambda other: other.start):
        if other.end <= start or other.start >= stretch.end:
            continue
        if other.start > start:
            free.append(replace(stretch, start=start, end=other.start))
        start = other.end
    if start < stretch.end:
        free.append(replace(stretch, start=start))
    return free


def _cut(stretches: Iterable[_Stretch], limit: int) -> list[_Stretch]:
    return [
        replace(stretch, start=start, end=min(start + limit, stretch.end))
        for stretch in stretches
        for start in range(stretch.start, stretch.end, limit)
    ]


def _join(stretches: list[_Stretch], limit: int) -> list[_Stretch]:
    """Merge neighbours as long as they fit together, the best ranked first; `stretches` are ascending and disjoint."""
    joined = list(stretches)
    while True:
        fitting = [
            (min(left.rank, right.rank), position)
            for position, (left, right) in enumerate(pairwise(joined))
            if right.start == left.end and right.end - left.start <= limit
        ]
        if not fitting:
            return joined
        rank, position = min(fitting)
        joined[position : position + 2] = [_Stretch(joined[position].start, joined[position + 1].end, rank)]

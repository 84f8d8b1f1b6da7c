"""The terms of windows, as FTS5 is given them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from rag.chunks.context import build_contexts
from rag.chunks.windowing import read_context
from rag.documents.anchor import Anchor
from rag.text.terms import build_terms

_BLOCK_CHARACTERS = 20_000

Span = tuple[int, int]


def build_chunk_terms(text: str, windows: Sequence[Span], *, contexts: Sequence[str] | None = None) -> list[str]:
    """Return for every window `start:end` of `text` its terms, joined by spaces, behind those of its context.

    Overlapping windows share one analysis of the text, made block by block so that a long document needs little memory.
    """
    joined = [""] * len(windows)
    order = sorted(range(len(windows)), key=lambda number: windows[number][0])
    for block in split_blocks([windows[number] for number in order]):
        numbers = [order[place] for place in block]
        start = windows[numbers[0]][0]
        end = max(windows[number][1] for number in numbers)
        terms = sorted(build_terms(text[start:end]), key=lambda term: (term.start, term.end))
        starts = [term.start for term in terms]
        for number in numbers:
            first, last = windows[number][0] - start, windows[number][1] - start
            inside = terms[bisect_left(starts, first) : bisect_left(starts, last)]
            joined[number] = " ".join(term.text for term in inside if term.end <= last)
    return joined if contexts is None else _put_before(contexts, joined)


def build_document_terms(
    text: str, windows: Sequence[Span], *, title: str, anchors: Sequence[Anchor], windowing: str
) -> list[str]:
    """Return the terms of all windows of a document, ascending, behind those of the context that `windowing` names."""
    starts = [start for start, _ in windows]
    contexts = build_contexts(starts, title=title, anchors=anchors, context=read_context(windowing))
    return build_chunk_terms(text, windows, contexts=contexts)


def _put_before(contexts: Sequence[str], joined: Sequence[str]) -> list[str]:
    known = {context: " ".join(term.text for term in build_terms(context)) for context in set(contexts)}
    return [f"{known[context]} {terms}".strip() for context, terms in zip(contexts, joined, strict=True)]


def split_blocks(windows: Sequence[Span]) -> Iterator[range]:
    """Yield which of the windows, ordered by their starts, are analysed as one text.

    What comes of a window depends on nothing outside its block: blocks may be worked on apart.
    """
    first = 0
    while first < len(windows):
        last = bisect_left(windows, (windows[first][0] + _BLOCK_CHARACTERS, 0), lo=first)
        yield range(first, last)
        first = last

"""Places of tokens in the text they were cut from, for tokenizers that do not tell them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from itertools import accumulate

from rag.text.normalization import normalize

LOOKAHEAD = 3
"""Tokens that should match in a row where matching starts again after an unknown one."""
REACH = 100
"""Characters searched for the place where matching starts again, as many more for each token passed over."""


def align_tokens(text: str, tokens: Sequence[str], *, unknown: Collection[str]) -> list[tuple[int, int]]:
    """Find the place of each token of a tokenizer that gives none.

    Both sides are compared in NFKC, lower case and without white space, from left to right. A token of `unknown`,
    or one that is not found, takes the text between its neighbours; several in a row share it. A token that stands
    for white space alone (`▁`) is empty.

    Args:
        text: The text that was tokenized.
        tokens: Its tokens as strings, continuation marks (`##`, `▁`) included.
        unknown: Tokens that stand for anything, such as `[UNK]`.

    Returns:
        One `(start, end)` a token, code points into `text`.
    """
    compact, sources = _compact(text)
    surfaces = [None if token in unknown else _surface(token) for token in tokens]
    places: list[tuple[int, int]] = []
    position = waiting = 0
    for index, surface in enumerate(surfaces):
        at = -1
        if surface == "" and not waiting:
            at = position
        elif surface:
            at = _find(compact, surfaces, index, position, waiting)
        if at < 0:
            waiting += 1
            continue
        end = at + len(surface or "")
        places += [(position, at)] * waiting + [(at, end)]
        position, waiting = end, 0
    places += [(position, len(compact))] * waiting
    found = [_to_source(sources, start, end) for start, end in places]
    # An empty place can stand inside what folding made one character (1ﾞ): none may step back behind it.
    starts = accumulate((start for start, _ in found), max)
    ends = accumulate((end for _, end in found), max)
    return list(zip(starts, ends, strict=True))


def _find(compact: str, surfaces: Sequence[str | None], index: int, position: int, waiting: int) -> int:
    """Find token `index` at `position`, or further on where the tokens after it follow; -1 when it is not there."""
    run: list[str] = []
    for surface in surfaces[index : index + LOOKAHEAD]:
        if surface is None:
            break
        run.append(surface)
    if not waiting and compact.startswith(run[0], position):
        return position
    begin = position + min(waiting, 1)  # those that wait have a character at least
    for size in range(len(run), 0, -1):
        wanted = "".join(run[:size])
        at = compact.find(wanted, begin, begin + REACH * (waiting + 1) + len(wanted))
        if at >= 0:
            return at
    return -1


def _compact(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Fold a text for comparison, with the source place of each character left."""
    mapped = normalize(text)
    characters: list[str] = []
    sources: list[tuple[int, int]] = []
    for index, character in enumerate(mapped.text):
        for lower in character.lower():
            if not _is_blank(lower):
                characters.append(lower)
                sources.append(mapped.to_source(index, index + 1))
    return "".join(characters), sources


def _surface(token: str) -> str:
    bare = token.replace("▁", "") if token == "##" else token.replace("▁", "").removeprefix("##")
    return "".join(c for c in unicodedata.normalize("NFKC", bare).lower() if not _is_blank(c))


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


def _to_source(sources: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    if start < end:
        return sources[start][0], sources[end - 1][1]
    edge = sources[start - 1][1] if start else 0
    return edge, edge

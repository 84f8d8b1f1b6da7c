"""Folding of text for comparison, with a map between the folded text and the one it came from."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

# Dashes that stand for the long vowel mark after a katakana: one, not the two of a parenthesis. The hyphen-minus is
# left alone, it also joins two words.
_LONG_VOWEL = re.compile("(?<=[ァ-ヺー])[‐–—―−](?![‐–—―−])")
# Most characters of Japanese text: they join nothing and no folding changes them.
_PLAIN = re.compile("[ -@\\[-~\n、。々「-』ぁ-ゖァ-ヺー一-鿿]+")
_LONGEST_SEGMENT = 32
"""Characters that are one place together: more marks than any language puts on a letter (UAX 15 allows for 30)."""


@dataclass(frozen=True, slots=True)
class MappedText:
    """A folded text and, for each of its characters, the place in the source it came from.

    `starts` and `ends` are code points of `source`, both ascending; several folded characters may share one place
    (㌔ becomes キロ) and one may come from several (ﾊﾞ becomes バ). Places follow each other without gaps.
    """

    source: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the source that `text[start:end]` came from; an empty one for an empty one."""
        if start >= end:
            edge = self.starts[start] if start < len(self.starts) else len(self.source)
            return edge, edge
        return self.starts[start], self.ends[end - 1]

    def from_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of `text` that `source[start:end]` became, whole where only a part was asked for."""
        first = bisect_right(self.ends, start)
        if start >= end:
            return first, first
        return first, max(first, bisect_left(self.starts, end))


def normalize(text: str) -> MappedText:
    """Bring a text into Unicode's form NFKC: full-width letters and half-width kana become the usual ones."""
    if unicodedata.is_normalized("NFKC", text):
        return MappedText(text, text, range(len(text)), range(1, len(text) + 1))
    return _map(text, _compose)


def fold(text: str) -> MappedText:
    """Fold a text as far as matching goes: NFKC, lower case, dashes after katakana as long vowel marks."""
    mapped = _map(text, _compose_lower)
    return MappedText(text, _LONG_VOWEL.sub("ー", mapped.text), mapped.starts, mapped.ends)


def _map(text: str, change: Callable[[str], str]) -> MappedText:
    """Change a text segment by segment: a character and what joins it change together and alone."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place, size = 0, len(text)
    while place < size:
        if plain := _PLAIN.match(text, place):
            # The last one may be joined by what follows.
            stop = plain.end() if plain.end() == size or not _joins(text[plain.end()]) else plain.end() - 1
            if stop > place:
                pieces.append(text[place:stop])
                starts += range(place, stop)
                ends += range(place + 1, stop + 1)
                place = stop
                continue
        stop = place + 1
        while stop < size and _joins(text[stop]):
            stop += 1
        if stop - place <= _LONGEST_SEGMENT:
            piece = change(text[place:stop])
            starts += [place] * len(piece)
            ends += [stop] * len(piece)
        else:
            # Heaps of marks, made to break programs: a place for each, or every word of them would hold them all.
            piece = change(_sort_marks(text[place:stop]))
            places = [min(place + number, stop - 1) for number in range(len(piece))]
            starts += places
            ends += [*(each + 1 for each in places[:-1]), stop]
        pieces.append(piece)
        place = stop
    return MappedText(text, "".join(pieces), starts, ends)


@lru_cache(maxsize=65536)
def _joins(character: str) -> bool:
    """Whether a character may compose or change places with what stands before it: marks, ﾞ and ﾟ, Hangul vowels."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff" or first == "\U00016d67"


def _sort_marks(segment: str) -> str:
    """Bring marks into their canonical order, for which `unicodedata` takes quadratic time."""
    decomposed = "".join(unicodedata.normalize("NFKD", character) for character in segment)
    runs = groupby(decomposed, key=lambda character: unicodedata.combining(character) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining)) for _, run in runs)


@lru_cache(maxsize=65536)
def _compose(segment: str) -> str:
    return unicodedata.normalize("NFKC", segment)


@lru_cache(maxsize=65536)
def _compose_lower(segment: str) -> str:
    # Lower case can take a text out of the normal form, hence the second round.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", segment).lower())

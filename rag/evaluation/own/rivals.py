"""Other places of a library that would answer a made question as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.text.normalization import fold
from rag.text.numbers import find_numbers
from rag.text.sentences import split_sentences
from rag.text.terms import build_terms

if TYPE_CHECKING:
    from rag.chunks.chunk import Chunk
    from rag.evaluation.own.candidate import Candidate
    from rag.library.library import Library

DEPTH = 20
"""Windows, best by words first, that are looked through: one that holds all words of a question stands far up."""
REMEMBERED = 4096
NEIGHBOURS = 2
"""Sentences, one after the other, over which the words of an answer may be spread."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """What search by words finds for a question.

    `same` are other places of the same answer, in the document it is of; `unclear` says that another answer fits.
    `rank` is that of the first window that holds the answer, one beyond the last looked at where there is none.
    """

    same: tuple[int, ...]
    unclear: bool
    rank: int = DEPTH + 1


class RivalFinder:
    """Looks in a library for neighbouring sentences that hold all words of a question; remembers the words of texts."""

    def __init__(self, library: Library) -> None:
        """Take the library the questions are made from."""
        self.library = library
        self._words = lru_cache(maxsize=REMEMBERED)(_list_words)

    def find(self, candidate: Candidate, document_id: str, text: str) -> Rivals:
        """Look for sentences that answer a question beside the one it was made of.

        Neighbours that have all its words and another value of the same kind make the question unclear. Those with the
        same value are another place of the answer, or make it unclear too where they are of another document.
        """
        answer = text[candidate.start : candidate.end]
        same: set[int] = set()
        rank = DEPTH + 1
        for number, chunk in enumerate(self._search(candidate.text), 1):
            own = chunk.document_id == document_id
            if own and chunk.start <= candidate.start and candidate.end <= chunk.end:
                rank = min(rank, number)
            rest = _cut_out(chunk, candidate.sentence) if own else chunk.text
            for stretch in self._find_stretches(candidate.words, rest):
                if own and answer in stretch:
                    same.update(_find_all(answer, text, chunk, candidate.sentence))
                elif has_value_like(answer, stretch):
                    return Rivals((), unclear=True, rank=rank)
        return Rivals(tuple(sorted(same)), unclear=False, rank=rank)

    def _find_stretches(self, words: frozenset[str], text: str) -> Iterator[str]:
        """Yield the neighbouring sentences of a text that hold all words; scattered over more, words answer nothing."""
        if not words <= self._words(text):
            return
        spans = split_sentences(text)
        for number, (start, _) in enumerate(spans):
            stretch = text[start : spans[min(number + NEIGHBOURS, len(spans)) - 1][1]]
            if words <= self._words(stretch):
                yield stretch

    def is_answered(self, question: str, words: frozenset[str]) -> bool:
        """Tell whether any window holds all these words."""
        return any(words <= self._words(chunk.text) for chunk in self._search(question))

    def _search(self, question: str) -> list[Chunk]:
        index = self.library.index
        return index.load_chunks([match.chunk_id for match in index.search_lexical(question, k=DEPTH)])


def has_value_like(answer: str, text: str) -> bool:
    """Tell whether a text may hold an answer of the same kind: to a number one of its unit, else anything."""
    units = {number.unit for number in find_numbers(fold(answer).text)}
    return not units or any(number.unit in units for number in find_numbers(fold(text).text))


def _list_words(text: str) -> frozenset[str]:
    return frozenset(term.text for term in build_terms(text))


def _cut_out(chunk: Chunk, sentence: tuple[int, int]) -> str:
    """Return the text of a window without a sentence."""
    start, end = (min(max(place - chunk.start, 0), len(chunk.text)) for place in sentence)
    return chunk.text[:start] + "\n" + chunk.text[end:]


def _find_all(answer: str, text: str, chunk: Chunk, sentence: tuple[int, int]) -> list[int]:
    places: list[int] = []
    place = text.find(answer, chunk.start, chunk.end)
    while place >= 0:
        if place + len(answer) <= sentence[0] or place >= sentence[1]:
            places.append(place)
        place = text.find(answer, place + 1, chunk.end)
    return places

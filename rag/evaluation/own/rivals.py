"""Other places of a library that would answer a made question as well."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.text.normalization import fold
from rag.text.numbers import find_numbers
from rag.text.terms import build_terms

if TYPE_CHECKING:
    from rag.chunks.chunk import Chunk
    from rag.evaluation.own.candidate import Candidate
    from rag.library.library import Library

DEPTH = 20
"""Windows, best by words first, that are looked through: one that holds all words of a question stands far up."""
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Rivals:
    """`same` are other places of the same answer, in the document it is of; `unclear` says that another answer fits."""

    same: tuple[int, ...]
    unclear: bool


class RivalFinder:
    """Looks in a library for windows that hold all words of a question; remembers the words of windows."""

    def __init__(self, library: Library) -> None:
        """Take the library the questions are made from."""
        self.library = library
        self._words = lru_cache(maxsize=REMEMBERED)(_list_words)

    def find(self, candidate: Candidate, document_id: str, text: str) -> Rivals:
        """Look for windows that answer a question beside the sentence it was made of.

        One that has all its words and another value of the same kind makes the question unclear. One that has the
        same value is another place of the answer, or makes the question unclear too where it is of another document.
        """
        answer = text[candidate.start : candidate.end]
        same: set[int] = set()
        for chunk in self._search(candidate.text):
            own = chunk.document_id == document_id
            rest = _cut_out(chunk, candidate.sentence) if own else chunk.text
            if not candidate.words <= self._words(rest):
                continue
            if own and answer in rest:
                same.update(_find_all(answer, text, chunk, candidate.sentence))
            elif has_value_like(answer, rest):
                return Rivals((), unclear=True)
        return Rivals(tuple(sorted(same)), unclear=False)

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

"""Hay: text of any documents, none of it holding an answer that is looked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from rag.documents.document import Document
from rag.documents.loading import find_files, load_documents
from rag.documents.unpacking import Unread
from rag.errors import DatasetError
from rag.evaluation.longtext.gold import flatten
from rag.text.sentences import split_sentences

GAP = "\n\n"
"""Between texts that do not belong together: no sentence goes on across it."""
TOLERANCE = 20
"""Characters that hay may fall short of what was asked for."""


@dataclass(frozen=True, slots=True)
class HayText:
    """Some hay; `borders` are the places between its sentences, both ends included, ascending."""

    text: str
    borders: tuple[int, ...]


@dataclass(frozen=True)
class Hay:
    """Documents that haystacks are made of."""

    documents: Sequence[Document]

    @cached_property
    def _stretches(self) -> list[tuple[str, str]]:
        """Sentences with the white space behind them, as they are and flattened."""
        return [(piece, flatten(piece)) for document in self.documents for piece in _cut(document.text)]

    def require(self, characters: int) -> None:
        """Make sure that there is as much hay, whatever of it holds answers.

        Raises:
            DatasetError: There is not.
        """
        there = sum(len(document.text) for document in self.documents)
        if there < characters:
            raise _lack(there, characters)

    def take(self, characters: int, *, avoid: Collection[str], start: float = 0.0) -> HayText:
        """Take hay in the order of the documents, leaving out every sentence that holds one of the answers.

        Args:
            characters: How many; sentences that would be too much are left out.
            avoid: Flattened answers; none stands in the hay, across the borders of sentences neither.
            start: Where to begin, as a share of all hay; after the last document comes the first.

        Raises:
            DatasetError: There is not enough.
        """
        stretches = self._stretches
        first = int(start * len(stretches))
        longest = max(map(len, avoid), default=0)
        pieces: list[str] = []
        borders, tail = [0], ""
        for piece, flat in (*stretches[first:], *stretches[:first]):
            if characters - borders[-1] <= TOLERANCE:
                break
            if borders[-1] + len(piece) > characters or any(answer in tail + flat for answer in avoid):
                continue
            pieces.append(piece)
            borders.append(borders[-1] + len(piece))
            tail = (tail + flat)[-longest:] if longest else ""
        if characters - borders[-1] > TOLERANCE:
            raise _lack(borders[-1], characters)
        return HayText("".join(pieces), tuple(borders))


def load_hay(paths: Sequence[Path]) -> Hay:
    """Load hay from files and folders of any format.

    Raises:
        DocumentError: A path is not there, or a folder holds nothing to read.
        DatasetError: A file cannot be read.
    """
    documents = []
    for path in find_files(paths):
        for found in load_documents(path):
            if isinstance(found, Unread):
                raise DatasetError(f"hay: {found.error}; take it out, or give other files as --hay")
            if isinstance(found, Document):
                documents.append(found)
    return Hay(documents)


def _lack(there: int, wanted: int) -> DatasetError:
    return DatasetError(
        f"hay: {there:,} characters beside the documents and answers asked for, expected {wanted:,}; give more "
        "documents as --hay, or shorter --lengths"
    )


def _cut(text: str) -> list[str]:
    """Cut a text where sentences begin, white space in front left out; it ends with an empty line."""
    starts = [start for start, _ in split_sentences(text)]
    ended = text.rstrip() + GAP
    return [ended[start:end] for start, end in pairwise((*starts, len(ended)))]

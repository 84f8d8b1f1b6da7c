"""Paragraphs of the training questions, searched by words as in use."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rag.chunks.chunk import Chunk
from rag.documents.document import Document, build_document_id
from rag.index.library_index import LibraryIndex
from rag.training.corpus import TrainingQuestion

logger = logging.getLogger(__name__)

NEGATIVES = 6
DEPTH = 15


class ParagraphSearch:
    """Finds paragraphs, known by their number, by the words of a question."""

    def __init__(self, index: LibraryIndex, numbers: dict[str, int], contexts: dict[int, str]) -> None:
        """Use `open_paragraphs` instead."""
        self._index = index
        self._numbers = numbers
        self.contexts = contexts

    def find(self, question: str, *, k: int = DEPTH) -> dict[int, float]:
        """Return the numbers of the `k` best paragraphs with their scores, best first."""
        matches = self._index.search_lexical(question, k=k)
        chunks = self._index.load_chunks([match.chunk_id for match in matches])
        return {self._numbers[chunk.document_id]: match.score for chunk, match in zip(chunks, matches, strict=True)}


@contextmanager
def open_paragraphs(questions: Sequence[TrainingQuestion]) -> Iterator[ParagraphSearch]:
    """Index the paragraphs of all questions for the length of a `with` block."""
    contexts = {question.paragraph: question.context for question in questions}
    numbers: dict[str, int] = {}
    # Only words are searched: the vectors are there because an index has some.
    with (
        TemporaryDirectory(prefix="manazashi-") as place,
        LibraryIndex.open(Path(place), dimension=1, encoder_fingerprint="none", encoder_name="none") as index,
    ):
        for number, text in contexts.items():
            document = Document(build_document_id(str(number), text), "", text, source=str(number))
            numbers[document.id] = number
            chunk = Chunk(document.id, 0, len(text), text)
            index.replace_document(document, [chunk], np.ones((1, 1), dtype=np.float32))
        yield ParagraphSearch(index, numbers, contexts)


def mine_negatives(questions: Sequence[TrainingQuestion], cache: Path) -> list[list[int]]:
    """Find for every question the paragraphs that look most like its own and do not hold its answer.

    Args:
        questions: Also the source of the paragraphs.
        cache: File the result is kept in: searching takes minutes.

    Returns:
        Numbers of up to six paragraphs a question, best first.
    """
    if cache.is_file():
        found: list[list[int]] = json.loads(cache.read_text(encoding="utf-8"))
        if len(found) == len(questions):
            return found
    found = []
    with open_paragraphs(questions) as search:
        for question in questions:
            without = [n for n in search.find(question.question) if question.answer not in search.contexts[n]]
            found.append(without[:NEGATIVES])
            if len(found) % 2000 == 0:
                logger.info("negatives: %d of %d questions", len(found), len(questions))
    cache.write_text(json.dumps(found), encoding="utf-8")
    return found

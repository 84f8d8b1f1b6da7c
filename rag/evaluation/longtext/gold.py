"""Gold passages: whole sentences around the accepted answer of a question, to be put anywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.datasets import Dataset, Question
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.config.settings import Settings

Span = tuple[int, int]
LONGEST = 400
"""Characters of a passage where windows are counted in tokens."""


@dataclass(frozen=True, slots=True)
class GoldPassage:
    """The sentences of a document that hold an accepted answer: `text` begins at `start` of it.

    `question` is the one asked about the document, with all accepted answers.
    """

    question: Question
    start: int
    text: str

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.start + len(self.text)

    def move(self, document_id: str, start: int) -> Question:
        """Return the question as one about a document in which the passage stands at `start`.

        Only the accepted spans that lie in the passage are left: the others are not there.
        """
        answers = tuple(
            replace(answer, start=answer.start - self.start + start)
            for answer in self.question.answers
            if self.start <= answer.start and answer.end <= self.end
        )
        return replace(self.question, document_id=document_id, answers=answers)


def cut_gold_passages(dataset: Dataset, questions: Iterable[Question], *, size: int) -> list[GoldPassage]:
    """Cut the passage of the first accepted answer of each question out of its document.

    Sentences are added on both sides in turn as long as they fit into `size`; what holds the answer is never cut.

    Args:
        dataset: The documents.
        questions: Each with an answer.
        size: Most characters.
    """
    sentences: dict[str, list[Span]] = {}
    passages = []
    for question in questions:
        document = dataset.documents[question.document_id]
        if document.id not in sentences:
            sentences[document.id] = split_sentences(document.text)
        first, last = question.answers[0].start, question.answers[0].end
        start, end = _grow(sentences[document.id], first, last, size=size)
        start, end = min(start, first), max(end, last)
        passages.append(GoldPassage(question, start, document.text[start:end]))
    return passages


def choose_size(settings: Settings) -> int:
    """Return the most characters of a gold passage: those of a window."""
    return settings.size if settings.unit == "characters" else LONGEST


def choose_questions(dataset: Dataset, limit: int | None) -> list[Question]:
    """Return the questions that have an answer, or `limit` of them, evenly spread over all.

    Raises:
        DatasetError: There is none.
    """
    answerable = [question for question in dataset.questions if question.answers]
    if not answerable:
        raise DatasetError("no question of the file has an answer; expected at least one that has: give another file")
    count = min(limit or len(answerable), len(answerable))
    return [answerable[number * len(answerable) // count] for number in range(count)]


def flatten(text: str) -> str:
    """Reduce a text to what makes two writings of an answer alike: width, case and white space do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def flatten_answers(questions: Iterable[Question]) -> frozenset[str]:
    """Return the accepted answers of questions, flattened."""
    return frozenset(flat for question in questions for text in question.accepted if (flat := flatten(text)))


def _grow(sentences: Sequence[Span], start: int, end: int, *, size: int) -> Span:
    """Return where the run of sentences around `start:end` begins and ends."""
    inside = [number for number, (first, last) in enumerate(sentences) if first < end and start < last]
    first, last = inside[0], inside[-1]
    to_right, stuck = True, 0
    while stuck < 2:
        before, after = (first, last + 1) if to_right else (first - 1, last)
        fits = before >= 0 and after < len(sentences) and sentences[after][1] - sentences[before][0] <= size
        first, last, stuck = (before, after, 0) if fits else (first, last, stuck + 1)
        to_right = not to_right
    return sentences[first][0], sentences[last][1]

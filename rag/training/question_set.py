"""Training questions of several origins, each with paragraphs that look right and hold no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.training.cloze import list_siblings, load_cloze_questions
from rag.training.corpus import TrainingQuestion
from rag.training.paragraphs import mine_negatives


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions and, for each, the numbers of paragraphs without its answer."""

    questions: Sequence[TrainingQuestion]
    negatives: Sequence[Sequence[int]]

    def join(self, other: QuestionSet) -> QuestionSet:
        """Add the questions of another set; its paragraphs get numbers behind those of this one."""
        shift = 1 + max((question.paragraph for question in self.questions), default=-1)
        moved = [replace(question, paragraph=question.paragraph + shift) for question in other.questions]
        negatives = [[number + shift for number in numbers] for numbers in other.negatives]
        return QuestionSet([*self.questions, *moved], [*self.negatives, *negatives])


def mine_questions(questions: Sequence[TrainingQuestion], cache: Path) -> QuestionSet:
    """Give questions written by people the negatives that word search finds; `cache` keeps them."""
    return QuestionSet(questions, mine_negatives(questions, cache))


def load_synthetic_questions(data: Path, *, limit: int, seed: int) -> QuestionSet:
    """Load at most `limit` questions made from prose, with other paragraphs of the same article as negatives."""
    questions = load_cloze_questions(data, limit=limit, seed=seed) if limit else []
    return QuestionSet(questions, list_siblings(questions))

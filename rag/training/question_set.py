"""Training questions of several origins, each with paragraphs that look right and hold no answer."""

from __future__ import annotations

import json
import lzma
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.index.manifest import replace_file
from rag.training.cloze import list_siblings, load_cloze_questions
from rag.training.corpus import TrainingQuestion, load_questions
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

    def hold_out(self, *, every: int) -> tuple[QuestionSet, QuestionSet]:
        """Part the questions of every n-th article from those of the others."""
        titles = list(dict.fromkeys(question.title for question in self.questions))
        chosen = set(titles[every - 1 :: every])
        return self._keep(set(titles) - chosen), self._keep(chosen)

    def thin(self, size: int) -> QuestionSet:
        """Keep about `size` questions, evenly spread."""
        step = max(1, len(self.questions) // size)
        return QuestionSet(self.questions[::step], self.negatives[::step])

    def _keep(self, titles: Collection[str]) -> QuestionSet:
        pairs = [
            (question, numbers)
            for question, numbers in zip(self.questions, self.negatives, strict=True)
            if question.title in titles
        ]
        return QuestionSet([question for question, _ in pairs], [numbers for _, numbers in pairs])


def mine_questions(questions: Sequence[TrainingQuestion], cache: Path) -> QuestionSet:
    """Give questions written by people the negatives that word search finds; `cache` keeps them."""
    return QuestionSet(questions, mine_negatives(questions, cache))


def load_synthetic_questions(data: Path, *, limit: int, seed: int, cache: Path) -> QuestionSet:
    """Load at most `limit` questions made from prose, with other paragraphs of the same article as negatives.

    Args:
        data: Folder of the training data.
        limit: Most questions.
        seed: Of the choice.
        cache: SQuAD file the questions are kept in, for the next call of the same training: making them takes minutes.
    """
    if not limit:
        return QuestionSet([], [])
    if not cache.is_file():
        _save_questions(load_cloze_questions(data, limit=limit, seed=seed), cache)
    questions = load_questions(cache)
    return QuestionSet(questions, list_siblings(questions))


def _save_questions(questions: Sequence[TrainingQuestion], path: Path) -> None:
    paragraphs: dict[int, list[TrainingQuestion]] = {}
    for question in questions:
        paragraphs.setdefault(question.paragraph, []).append(question)
    articles = [
        {"title": group[0].title, "paragraphs": [{"context": group[0].context, "qas": [_describe(q) for q in group]}]}
        for group in paragraphs.values()
    ]
    content = lzma.compress(json.dumps({"data": articles}, ensure_ascii=False).encode(), preset=1)
    replace_file(path, lambda file: file.write(content))


def _describe(question: TrainingQuestion) -> dict[str, object]:
    answer = {"text": question.answer, "answer_start": question.start}
    return {"question": question.question, "answers": [answer]}

"""Questions their passage seems to answer and does not: one thing asked about gives way to another of its article."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from rag.evaluation.own.swapping import swap_thing
from rag.text.things import list_things
from rag.training.corpus import TrainingQuestion
from rag.training.question_set import QuestionSet


def swap_questions(questions: Sequence[TrainingQuestion], *, limit: int, seed: int) -> QuestionSet:
    """Make questions without an answer, at most one of each question.

    A run of nouns that also stands in the passage is replaced by one of another question of the same article that does
    not, so that the passage answers a neighbouring question only. The last noun decides what kind of thing it is: both
    have it of the same kind.

    Args:
        questions: Questions with an answer.
        limit: Most questions made.
        seed: Of the choice.

    Source: Rajpurkar et al. 2018, Know What You Don't Know, section 4 (entity swap and its like).
    """
    chooser = random.Random(seed)
    articles: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        articles.setdefault(question.title, []).append(number)
    made: list[TrainingQuestion] = []
    for numbers in articles.values():
        things = {number: list_things(questions[number].question) for number in numbers}
        pool = {thing: None for found in things.values() for thing in found}
        for number in numbers:
            swapped = swap_thing(
                questions[number].question, things[number], questions[number].context, list(pool), chooser
            )
            if swapped is not None:
                made.append(replace(questions[number], question=swapped, answerable=False))
    chosen = sorted(chooser.sample(range(len(made)), min(limit, len(made))))
    return QuestionSet([made[number] for number in chosen], [()] * len(chosen))

"""Questions their passage seems to answer and does not: one thing asked about gives way to another of its article."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rag.text.morphology import Morpheme, analyze
from rag.training.corpus import TrainingQuestion
from rag.training.question_set import QuestionSet

SHORTEST = 2
"""Characters of a thing asked about."""
NO_THINGS = frozenset({"副詞可能", "助動詞語幹"})
"""Nouns that name no thing, by their last one: ため, ほか, 現在."""
ASKED = "何"


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
        things = {number: _list_things(questions[number].question) for number in numbers}
        pool = {thing: None for found in things.values() for thing in found}
        for number in numbers:
            swapped = _swap(questions[number], things[number], list(pool), chooser)
            if swapped is not None:
                made.append(replace(questions[number], question=swapped, answerable=False))
    chosen = sorted(chooser.sample(range(len(made)), min(limit, len(made))))
    return QuestionSet([made[number] for number in chosen], [()] * len(chosen))


def _list_things(text: str) -> list[tuple[str, str]]:
    """Runs of nouns and what kind of thing each is."""
    things: list[tuple[str, str]] = []
    for noun, group in groupby(analyze(text), key=_is_noun):
        run = list(group)
        long = noun and run[-1].end - run[0].start >= SHORTEST
        if long and run[-1].subsubpos not in NO_THINGS and not any(m.lemma == ASKED for m in run):
            things.append((text[run[0].start : run[-1].end], f"{run[-1].subpos}/{run[-1].subsubpos}"))
    return things


def _is_noun(morpheme: Morpheme) -> bool:
    """Tell whether a morpheme names something; 何 is a pronoun, 何人 begins with one."""
    return morpheme.pos in {"名詞", "接頭辞"} or (morpheme.pos == "接尾辞" and morpheme.subpos == "名詞的")


def _swap(
    question: TrainingQuestion,
    things: Sequence[tuple[str, str]],
    pool: Sequence[tuple[str, str]],
    chooser: random.Random,
) -> str | None:
    grounded = [thing for thing in things if thing[0] in question.context and question.question.count(thing[0]) == 1]
    chooser.shuffle(grounded)
    for text, kind in grounded:
        others = [
            other
            for other, other_kind in pool
            if other_kind == kind and text not in other and other not in question.context + question.question
        ]
        if others:
            return question.question.replace(text, chooser.choice(others))
    return None

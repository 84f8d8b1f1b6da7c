"""Things that questions name, and questions about another thing in place of one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from rag.text.morphology import Morpheme, analyze

SHORTEST = 2
"""Characters of a thing asked about."""
NO_THINGS = frozenset({"副詞可能", "助動詞語幹"})
"""Nouns that name no thing, by their last one: ため, ほか, 現在."""
ASKED = "何"

Thing: TypeAlias = "tuple[str, str]"
"""A run of nouns and what kind of thing it is, which its last noun decides."""


def list_things(text: str) -> list[Thing]:
    """Find the things that a text names."""
    things: list[Thing] = []
    for noun, group in groupby(analyze(text), key=_is_noun):
        run = list(group)
        long = noun and run[-1].end - run[0].start >= SHORTEST
        if long and run[-1].subsubpos not in NO_THINGS and not any(m.lemma == ASKED for m in run):
            things.append((text[run[0].start : run[-1].end], f"{run[-1].subpos}/{run[-1].subsubpos}"))
    return things


def _is_noun(morpheme: Morpheme) -> bool:
    """Tell whether a morpheme names something; 何 is a pronoun, 何人 begins with one."""
    return morpheme.pos in {"名詞", "接頭辞"} or (morpheme.pos == "接尾辞" and morpheme.subpos == "名詞的")


def swap_thing(
    question: str, things: Sequence[Thing], text: str, others: Sequence[Thing], chooser: random.Random
) -> str | None:
    """Ask about another thing of the same kind that the text does not name.

    Args:
        question: Answered by the text.
        things: Of the question, that may give way.
        text: Where the thing that gives way stands, too.
        others: Things to choose from.
        chooser: Makes the choices.

    Returns:
        The question about the other thing; None where there is none.
    """
    own = [thing for thing in things if thing[0] in text and question.count(thing[0]) == 1]
    chooser.shuffle(own)
    for name, kind in own:
        fitting = [other for other, its in others if its == kind and name not in other and other not in text + question]
        if fitting:
            return question.replace(name, chooser.choice(fitting))
    return None

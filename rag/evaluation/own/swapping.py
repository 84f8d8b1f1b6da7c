"""Questions about another thing in place of one that they name."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

Thing: TypeAlias = "tuple[str, str]"
"""A run of nouns and what kind of thing it is, as `rag.text.things.list_things` has them."""


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

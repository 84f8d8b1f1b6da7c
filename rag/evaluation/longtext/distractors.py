"""Hard distractors: gold passages in which answer, and where it can be what is asked about, is another's."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rag.evaluation.datasets import Question
from rag.evaluation.longtext.gold import GoldPassage, flatten
from rag.reading.answer_types import find_quantities
from rag.text.morphology import analyze
from rag.text.things import list_things

Kind = tuple[str, str]
Relation = Literal["other_subject", "contradiction"]
"""Whether a distractor speaks of another thing than the question, or says something else of the same."""


@dataclass(frozen=True, slots=True)
class Distractor:
    """A text like the gold passage of a question; `answer` stands in it in place of the accepted one."""

    text: str
    answer: str
    relation: Relation


@dataclass(frozen=True)
class DistractorPool:
    """What gold passages can be changed with: answers and things of all questions, by their kind.

    The kind of an answer is what the question asks for, where its file says that, with the kind of quantity (money,
    time, people, …) or the class of the last word (name of a person, of a place, common noun).
    """

    questions: Sequence[Question]

    def build(self, passage: GoldPassage, *, count: int, avoid: Collection[str], seed: int) -> list[Distractor]:
        """Make up to `count` distractors that hold none of the flattened answers `avoid`.

        Each accepted answer is replaced by another of its kind, of another question. Where the passage names a thing
        that the question also names, that is replaced too by a thing of the same kind, and the distractor is about
        something else; where it does not, it contradicts the passage.
        """
        chooser = random.Random(f"{seed} {passage.question.id}")
        answer = max(passage.question.accepted, key=len)
        others = [
            text
            for text in self._answers.get((passage.question.kind, classify(answer)), ())
            if flatten(text) != flatten(answer)
        ]
        chooser.shuffle(others)
        made: dict[str, Distractor] = {}
        for other in others:
            if len(made) == count:
                break
            text = passage.text
            for accepted in sorted(set(passage.question.accepted), key=len, reverse=True):
                text = text.replace(accepted, other)
            changed = self._change_subject(passage, text, chooser)
            text = changed or text
            flat = flatten(text)
            if other in text and not any(each in flat for each in avoid):
                made.setdefault(text, Distractor(text, other, "other_subject" if changed else "contradiction"))
        return list(made.values())

    def _change_subject(self, passage: GoldPassage, text: str, chooser: random.Random) -> str | None:
        asked = passage.question.text
        shared = [thing for thing in list_things(asked) if thing[0] in text]
        chooser.shuffle(shared)
        for thing, kind in shared:
            others = [
                other for other in self._things.get(("", kind), ()) if other not in asked + text and thing not in other
            ]
            if others:
                return text.replace(thing, chooser.choice(others))
        return None

    @cached_property
    def _answers(self) -> dict[Kind, list[str]]:
        return _group(
            ((question.kind, classify(text)), text) for question in self.questions for text in question.accepted
        )

    @cached_property
    def _things(self) -> dict[Kind, list[str]]:
        return _group((("", kind), thing) for question in self.questions for thing, kind in list_things(question.text))


def classify(answer: str) -> str:
    """Name the kind of an answer: that of its first quantity, or the class of its last word."""
    quantities = find_quantities(answer)
    if quantities:
        return "/".join(sorted(quantities[0][2]))
    words = analyze(answer)
    return f"{words[-1].pos}/{words[-1].subpos}/{words[-1].subsubpos}" if words else ""


def _group(pairs: Iterable[tuple[Kind, str]]) -> dict[Kind, list[str]]:
    groups: dict[Kind, dict[str, None]] = {}
    for kind, text in pairs:
        groups.setdefault(kind, {})[text] = None
    return {kind: list(texts) for kind, texts in groups.items()}

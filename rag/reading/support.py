"""Which sentences of the passages support a statement, by the words they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

from rag.text.sentences import split_sentences
from rag.text.terms import build_terms

QUESTION_WEIGHT = 0.5
"""Say of the question beside the answer: a short answer ("七日") says little of which sentence it comes from."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: `start:end` in the passage's text."""

    passage: int
    start: int
    end: int


class Support:
    """The sentences of some texts, weighed by statements; a word counts the more the fewer sentences have it."""

    def __init__(self, question: str, texts: Sequence[str]) -> None:
        """Cut the texts; `question` has a say in every weighing."""
        self.sentences = [
            Sentence(number, start, end) for number, text in enumerate(texts) for start, end in split_sentences(text)
        ]
        self._terms = [_list_terms(texts[each.passage][each.start : each.end]) for each in self.sentences]
        self._question = question

    def weigh(self, statement: str) -> list[float]:
        """Return, for each sentence, the share of the statement's words it has, plus that of the question's halved."""
        shares = self._share(statement)
        return [share + QUESTION_WEIGHT * asked for share, asked in zip(shares, self._shares_of_question, strict=True)]

    def find_best(self, statement: str, *, passage: int) -> int | None:
        """Return the index of the sentence of one passage that supports a statement best; None where it has none."""
        inside = [index for index, sentence in enumerate(self.sentences) if sentence.passage == passage]
        return max(inside, key=self.weigh(statement).__getitem__, default=None)

    @cached_property
    def _shares_of_question(self) -> list[float]:
        return self._share(self._question)

    @cached_property
    def _weights(self) -> dict[str, float]:
        counts = Counter(term for terms in self._terms for term in terms)
        return {term: log(1 + len(self.sentences) / count) for term, count in counts.items()}

    def _share(self, statement: str) -> list[float]:
        wanted = _list_terms(statement) & self._weights.keys()
        total = sum(self._weights[term] for term in wanted)
        if not total:
            return [0.0] * len(self.sentences)
        return [sum(self._weights[term] for term in wanted & terms) / total for terms in self._terms]


def _list_terms(text: str) -> frozenset[str]:
    return frozenset(term.text for term in build_terms(text))

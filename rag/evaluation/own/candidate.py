"""Questions that one sentence answers, before it is known whether others answer them too."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.evaluation.own.cloze import PLAIN, Style, build_clozes
from rag.evaluation.own.wording import is_telling, keeps_complements, reads_well, stands_by_itself
from rag.reading.answer_types import find_answer_type
from rag.text.terms import build_terms

STYLES = (
    Style(0.1, 0.5, 1.0),
    Style(0.1, 0.9, 1.0),
    Style(0.4, 0.9, 1.0),
    Style(0.7, 1.0, 1.0),
    Style(0.3, 0.9, 0.5),
    Style(0.2, 0.9),
    PLAIN,
    Style(1.0, 1.0),
)
"""Ways in which each sentence is made into questions, from few of its words to all."""
STEP = 0.15
"""Shares of kept words that differ by less are taken for equal."""
LEAST_WORDS = 2
"""Content words that a question shares with its sentence at least: with fewer nobody knows what is meant."""
LONGEST_ANSWER = 40
_KINDS = (
    (re.compile("誰|だれ|どなた|どのような人"), "person"),
    (re.compile("どこ|どの場所"), "place"),
    (re.compile("なぜ|どうして|理由で"), "reason"),
    (re.compile("(?:どのような|どういう)場合|(?:どのような|どんな)とき"), "condition"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question and the place of its answer in the document.

    `words` are the content words it has in common with its sentence, `kept` their share of those the sentence has
    beside the answer, `kind` says what is asked for.
    """

    text: str
    start: int
    end: int
    sentence: tuple[int, int]
    words: frozenset[str]
    kept: float
    kind: str


def build_candidates(
    text: str, sentence: tuple[int, int], chooser: random.Random, *, keep: float
) -> Iterator[Candidate]:
    """Yield different questions that `text[start:end]` of `sentence` answers, those that keep nearest to `keep` first.

    Of those that keep as many, a question that says more of its answer than 何 comes before one that does not, and one
    in the order of its sentence before one that puts the answer last: what a sentence is about is not always what does
    something.
    """
    start, end = sentence
    said = text[start:end]
    found: dict[str, tuple[bool, Candidate]] = {}
    for style in STYLES:
        for cloze in build_clozes(said, chooser, style=style):
            candidate = _read(cloze.question, said, sentence, (cloze.start, cloze.end))
            if candidate is not None:
                found.setdefault(candidate.text, (cloze.specific, candidate))
    ordered = sorted(
        found.values(), key=lambda pair: (round(abs(pair[1].kept - keep) / STEP), not pair[0], "のは" in pair[1].text)
    )
    yield from (candidate for _, candidate in ordered)


def _read(question: str, said: str, sentence: tuple[int, int], place: tuple[int, int]) -> Candidate | None:
    first, last = place
    answer = said[first:last]
    if "\n" in answer or len(answer) > LONGEST_ANSWER or answer in question:
        return None
    if not (is_telling(answer) and stands_by_itself(said, place) and reads_well(question)):
        return None
    if not keeps_complements(question, said, place):
        return None
    around = {term.text for term in build_terms(said) if term.end <= first or term.start >= last}
    words = frozenset(term.text for term in build_terms(question)) & around
    if len(words) < LEAST_WORDS:
        return None
    start = sentence[0]
    return Candidate(
        _polish(question), start + first, start + last, sentence, words, len(words) / len(around), _name_kind(question)
    )


def _polish(question: str) -> str:
    """End a question as a written one ends."""
    return question.rstrip("。？?") + "。" if question.endswith(("か", "か。")) else question


def _name_kind(question: str) -> str:
    for words, kind in _KINDS:
        if words.search(question):
            return kind
    wanted = find_answer_type(question)
    if wanted is None or wanted.form == "name":
        return "term"
    return "date" if wanted.form == "moment" else "number"

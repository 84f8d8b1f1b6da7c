"""Clauses of a sentence: their parts, each with its particle, and their predicate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.evaluation.own.phrases import CAUSE, Phrase, build_phrases
from rag.evaluation.own.predicates import Predicate, read_predicate
from rag.text.morphology import Morpheme

TOPICS = frozenset({"は", "には", "では", "とは", "も", "にも"})
COMPOUND_PARTICLE = re.compile(
    "つい|よっ|よる|より|よれ|対し|対する|おい|おける|関し|関する|とっ|基づき|基づい|基づく|わたっ|わたり|際し|伴い|伴っ|伴う|"
    "当たっ|当たり|あたっ|あたり|比べ|比し|通じ|通し|沿っ|応じ|従い|従っ|したがっ|限り|除き|除い|含め|はじめ"
)
"""How について, によって and their like begin, which belong to the name before them."""
LIGHT_NAMES = frozenset({"こと", "もの", "ところ", "必要", "ため", "よう", "場合", "とき", "際"})
"""Names that say nothing without what stands before them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Phrases that stand or fall together: a name with its particle, and all that describes the name."""

    phrases: tuple[Phrase, ...]

    @property
    def head(self) -> Phrase:
        """The phrase that holds the name."""
        return next((phrase for phrase in reversed(self.phrases) if phrase.nominal), self.phrases[-1])

    @property
    def tail(self) -> str:
        """The particle, with its verb if it has one: について."""
        place = self.phrases.index(self.head)
        return (self.head.tail + "".join(phrase.text for phrase in self.phrases[place + 1 :])).rstrip("、")

    @property
    def text(self) -> str:
        """The whole."""
        return "".join(phrase.text for phrase in self.phrases)

    @property
    def is_topic(self) -> bool:
        """Whether the sentence is about it."""
        return self.tail in TOPICS

    @property
    def morphemes(self) -> tuple[Morpheme, ...]:
        """All of it."""
        return tuple(morpheme for phrase in self.phrases for morpheme in phrase.morphemes)


@dataclass(frozen=True, slots=True)
class Clause:
    """Parts and what is said of them; `link` is the particle that ties it to the clause after: ので, が, て, or ""."""

    parts: tuple[Part, ...]
    predicate: Predicate
    predicate_phrases: tuple[Phrase, ...]
    link: str


def build_clauses(sentence: str) -> list[Clause]:
    """Cut a sentence into clauses; those whose predicate is of no known form are left out.

    A clause without a topic is given that of the sentence.
    """
    phrases = build_phrases(sentence)
    if not phrases:
        return []
    last = _read(phrases[-1:])
    past = last.past if last is not None else False
    clauses: list[Clause] = []
    topic: Part | None = None
    begun = 0
    for number, phrase in enumerate(phrases, 1):
        if number < len(phrases) and (not phrase.links or _is_compound_particle(phrase)):
            continue
        own = phrases[begun:number]
        begun = number
        body, said = _split_predicate(own)
        link = _find_link(phrase)
        predicate = _read(said[:-1] if link == CAUSE else said, past=past)
        parts = list(_join_parts(body))
        topic = topic or next((part for part in parts if part.is_topic), None)
        if predicate is None or not parts:
            continue
        if topic is not None and not any(part.is_topic or part.tail == "が" for part in parts):
            parts.insert(0, topic)
        clauses.append(Clause(tuple(parts), predicate, tuple(said), link))
    return clauses


def _split_predicate(phrases: Sequence[Phrase]) -> tuple[list[Phrase], list[Phrase]]:
    """Cut before the predicate: the last phrase, and what it cannot do without (ては ならない, ことが できる)."""
    cut = len(phrases) - 1
    while cut > 0:
        if not _leans(phrases[cut], phrases[cut - 1]):
            break
        cut -= 1
    return list(phrases[:cut]), list(phrases[cut:])


def _leans(here: Phrase, before: Phrase) -> bool:
    """Tell whether a phrase of the predicate says nothing without the phrase before it."""
    if here.name in LIGHT_NAMES:
        return True
    if here.nominal:
        return False
    particles = [morpheme.surface for morpheme in before.morphemes[-2:]]
    bare = not before.comma and not before.nominal and before.last.pos == "助詞"
    return bare or before.name in LIGHT_NAMES or particles in (["て", "は"], ["で", "は"])


def _read(phrases: Sequence[Phrase], *, past: bool | None = None) -> Predicate | None:
    predicate = read_predicate(phrases[-1].morphemes, past=past) if phrases else None
    if predicate is None:
        return None
    return replace(predicate, stem="".join(phrase.text for phrase in phrases[:-1]) + predicate.stem)


def _join_parts(phrases: Sequence[Phrase]) -> Iterator[Part]:
    own: list[Phrase] = []
    for number, phrase in enumerate(phrases):
        own.append(phrase)
        following = phrases[number + 1] if number + 1 < len(phrases) else None
        if following is not None and phrase.modifies:
            continue
        if following is not None and not phrase.comma:
            if phrase.last.inflection.startswith(("連体形", "連用形")):
                continue
            if _is_compound_particle(following):
                continue
            if following.modifies and not following.nominal:  # a verb that describes the next name
                continue
        yield Part(tuple(own))
        own = []
    if own:
        yield Part(tuple(own))


def _is_compound_particle(phrase: Phrase) -> bool:
    return not phrase.nominal and COMPOUND_PARTICLE.fullmatch(phrase.morphemes[0].surface) is not None


def _find_link(phrase: Phrase) -> str:
    last = phrase.last
    return last.surface if phrase.links and (last.pos == "助詞" or last.surface == CAUSE) else ""

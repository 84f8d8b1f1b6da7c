"""Questions made of sentences: Japanese leaves the question word where the answer stood."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.evaluation.own.brevity import shorten_part
from rag.evaluation.own.clauses import Clause, Part, build_clauses
from rag.evaluation.own.everyday import replace_formal_nouns, say_everyday
from rag.evaluation.own.gaps import ANSWER, THING, Gap, find_gaps
from rag.evaluation.own.predicates import Predicate
from rag.text.articles import ARTICLE, NUMBERING

SENTENCE = (12, 180)
"""Shortest and longest sentence, in characters, that is asked for something."""
QUESTION = (9, 90)
"""Shortest and longest question, in characters."""
SPECIFIC = 0.7
"""Chance that a sentence is asked for something else than 何, where it can be."""
VAGUE = re.compile("この|その|これ|それ|同[年月日社法条項]|次の|上記|前項|以下の|本[章節条]")

_COMMA = re.compile("(?<=[はがをにでともばて])、")
"""A comma after a particle, which can go; those of lists cannot."""
TOPIC_ENDS = frozenset({"は", "も"})
TOLD = 10
"""Least number of characters of names and predicate in a question."""
NAMING = ("言", "いい", "呼", "称")
"""How predicates begin that give a name, which is asked for where it stands: 何と呼びますか."""
CLOSES = ("ですか", "ですか", "でしょうか", "か", "？", "ですか。")
PAST_CLOSES = ("でしたか", "ですか", "か")
CAUSES = ("ので", "から", "ため")
WHY = ("なぜ", "なぜ", "どうして", "どのような理由で")


@dataclass(frozen=True, slots=True)
class Style:
    """How a sentence becomes a question.

    Chances of a part of it to stay (`kept`), of its topic or subject to stay (`kept_topic`), and of a part that stays
    to be said in fewer words (`brief`).
    """

    kept: float = 0.6
    kept_topic: float = 0.85
    brief: float = 0.0


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question and the place of its answer in the sentence; `specific` if it says more of that than 何."""

    question: str
    start: int
    end: int
    specific: bool


def build_clozes(sentence: str, chooser: random.Random, *, style: Style = PLAIN) -> Iterator[Cloze]:
    """Yield questions that a sentence answers, in random order.

    Args:
        sentence: What is asked about.
        chooser: Makes all choices.
        style: What stays, and how it is said.
    """
    numbering = ARTICLE.match(sentence) or NUMBERING.match(sentence)  # which nobody asks with
    skipped = numbering.end() if numbering else 0
    for cloze in _build_clozes(sentence[skipped:], chooser, style):
        yield replace(cloze, start=cloze.start + skipped, end=cloze.end + skipped)


def _build_clozes(sentence: str, chooser: random.Random, style: Style) -> Iterator[Cloze]:
    clauses = build_clauses(sentence)
    found: list[tuple[Clause, int, Gap]] = []
    for clause in clauses:
        for number, part in enumerate(clause.parts):
            found += [(clause, number, gap) for gap in find_gaps(sentence, part, chooser)]
    chooser.shuffle(found)
    yield from _ask_reasons(clauses, chooser)
    for clause, number, gap in found:
        question = _ask(clause, number, gap, chooser, style)
        if question is not None:
            question = (_COMMA.sub("", question) if chooser.random() < 0.5 else question).replace("、か", "か")
        if question is not None and QUESTION[0] <= len(question) <= QUESTION[1] and not VAGUE.search(question):
            yield Cloze(question, gap.start, gap.end, specific=gap.words not in THING)


def _ask(clause: Clause, number: int, gap: Gap, chooser: random.Random, style: Style) -> str | None:
    """Say a clause as the question for one of its parts; None where too little of it would be left."""
    if style.brief:
        clause = _shorten(clause, number, chooser, style)
    part, predicate = clause.parts[number], say_everyday(clause.predicate, chooser)
    kept = _choose_parts(clause, number, chooser, style)
    others = [other for index, other in enumerate(clause.parts) if kept[index] and index != number]
    if not others or sum(len(other.head.name) for other in others) + len(predicate.stem) < TOLD:
        return None
    asked = "".join(phrase.text for phrase in gap.keeps) + gap.words
    particle = "" if gap.drops_particle else part.tail
    inside = replace_formal_nouns("".join(_say_inside(other) for other in others), chooser)
    if predicate.kind == "copula" and part.is_topic and chooser.random() < 0.5:
        return f"{inside}{predicate.stem}は{asked}{chooser.choice(PAST_CLOSES if predicate.past else CLOSES)}"
    if not predicate.stem.startswith(NAMING) and not _is_object(clause, kept) and chooser.random() < 0.5:
        tail = particle if particle in ("から", "まで") else ""
        asked = asked.removesuffix("に") if gap.drops_particle else asked
        return f"{inside}{predicate.say_plainly()}のは{asked}{tail}{chooser.choice(CLOSES)}"
    asked += "が" if particle in TOPIC_ENDS else particle.replace("には", "に").replace("では", "で")
    before = "".join(other.text for index, other in enumerate(clause.parts[:number]) if kept[index])
    after = "".join(other.text for index, other in enumerate(clause.parts) if kept[index] and index > number)
    rest = replace_formal_nouns(after + _end(predicate, chooser), chooser)
    return replace_formal_nouns(before, chooser) + asked + rest


def _is_object(clause: Clause, kept: Sequence[bool]) -> bool:
    """Tell whether a topic that stays is what something is done to, so that it cannot become the subject."""
    done = any(part.tail == "が" for part in clause.parts) or "ことが" in clause.predicate.stem
    return done and any(stays and part.is_topic for part, stays in zip(clause.parts, kept, strict=True))


def _shorten(clause: Clause, number: int, chooser: random.Random, style: Style) -> Clause:
    """Say parts in fewer words, but for the one asked for."""
    parts = (
        shorten_part(part) if index != number and chooser.random() < style.brief else part
        for index, part in enumerate(clause.parts)
    )
    return replace(clause, parts=tuple(parts))


def _choose_parts(clause: Clause, number: int, chooser: random.Random, style: Style) -> list[bool]:
    """Choose the parts that stay; a verb inside of the clause stays or goes with what it governs: 本を 読んで.

    What describes the predicate stays.
    """
    kept = [index == number or _is_kept(other, chooser, style) for index, other in enumerate(clause.parts)]
    if clause.parts[-1].phrases[-1].modifies:  # the name that the predicate is: 昔からの 友である
        kept[-1] = True
    begun = 0
    for index, part in enumerate(clause.parts):
        if part.is_topic:
            begun = index + 1
        if part.head.nominal:
            continue
        together = range(begun, index + 1)
        stays = number in together or kept[index] or (index == len(kept) - 1 and part.phrases[-1].modifies)
        for other in together:
            kept[other] = stays
        begun = index + 1
    return kept


def _is_kept(part: Part, chooser: random.Random, style: Style) -> bool:
    if part.phrases[0].last.pos == "接続詞":
        return False
    return chooser.random() < (style.kept_topic if part.is_topic or part.tail == "が" else style.kept)


def _say_inside(part: Part) -> str:
    """Say a part inside of another clause, where a topic becomes the subject."""
    return part.text.rstrip("、")[:-1] + "が" if part.tail in TOPIC_ENDS else part.text


def _end(predicate: Predicate, chooser: random.Random) -> str:
    return predicate.ask(politely=chooser.random() < 0.6) + chooser.choice(["", "", "。", "？"])


def _ask_reasons(clauses: Sequence[Clause], chooser: random.Random) -> Iterator[Cloze]:
    """Ask why, where a sentence says so with ため or ので."""
    for cause, effect in pairwise(clauses):
        if cause.link not in CAUSES:
            continue
        morphemes = [m for part in cause.parts for m in part.morphemes if not part.is_topic]
        words = [m for phrase in cause.predicate_phrases for m in phrase.morphemes if m.pos != "補助記号"]
        while words and words[-1].pos == "助詞":
            words.pop()
        if not words or not morphemes:
            continue
        start, end = morphemes[0].start, words[-1].end
        if start < end <= start + ANSWER:
            said = "".join(part.text for part in effect.parts if part.is_topic or chooser.random() < 0.8)
            predicate = say_everyday(effect.predicate, chooser)
            question = f"{replace_formal_nouns(said, chooser)}{chooser.choice(WHY)}{_end(predicate, chooser)}"
            yield Cloze(question, start, end, specific=True)

"""Questions made of sentences: Japanese leaves the question word where the answer stood."""

from __future__ import annotations

import logging
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from pathlib import Path

from rag.text.articles import ARTICLE, NUMBERING
from rag.text.sentences import split_sentences
from rag.training.clauses import Clause, Part, build_clauses
from rag.training.corpus import Article, TrainingQuestion, load_prose
from rag.training.everyday import replace_formal_nouns, say_everyday
from rag.training.gaps import ANSWER, THING, Gap, find_gaps
from rag.training.predicates import Predicate

logger = logging.getLogger(__name__)

WINDOW = (250, 700)
"""Least and greatest characters of the passages that questions are asked of."""
SENTENCE = (12, 180)
"""Shortest and longest sentence, in characters, that is asked for something."""
QUESTION = (9, 90)
"""Shortest and longest question, in characters."""
KEPT_PART, KEPT_TOPIC = 0.6, 0.85
"""Chance of a part of the sentence to stay in the question."""
ASKED = {
    "kyoto_wikipedia": 0.12,
    "wikinews": 0.3,
    "ict_white_paper": 1.0,
    "tech_docs": 0.4,
    "msdocs": 0.4,
    "aozora": 0.15,
    "statutes": 0.8,
}
"""Share of the articles of each source that questions are asked of: the more, the less it is like an encyclopedia."""
TITLED = {"kyoto_wikipedia": "は", "statutes": "では"}
"""Sources whose titles name what the text is about, and the particle they take."""
ASIDE, SUBJECT = re.compile("[（(].*"), re.compile("は|が|では")
SPECIFIC = 0.7
"""Chance that a sentence is asked for something else than 何, where it can be."""
SIBLINGS = 4
PER_PASSAGE = 3
VAGUE = re.compile("この|その|これ|それ|同[年月日社法条項]|次の|上記|前項|以下の|本[章節条]")

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
class Cloze:
    """A question and the place of its answer in the sentence; `specific` if it says more of that than 何."""

    question: str
    start: int
    end: int
    specific: bool


def build_clozes(sentence: str, chooser: random.Random) -> Iterator[Cloze]:
    """Yield questions that a sentence answers, in random order."""
    numbering = ARTICLE.match(sentence) or NUMBERING.match(sentence)  # which nobody asks with
    skipped = numbering.end() if numbering else 0
    for cloze in _build_clozes(sentence[skipped:], chooser):
        yield replace(cloze, start=cloze.start + skipped, end=cloze.end + skipped)


def _build_clozes(sentence: str, chooser: random.Random) -> Iterator[Cloze]:
    clauses = build_clauses(sentence)
    found: list[tuple[Clause, int, Gap]] = []
    for clause in clauses:
        for number, part in enumerate(clause.parts):
            found += [(clause, number, gap) for gap in find_gaps(sentence, part, chooser)]
    chooser.shuffle(found)
    yield from _ask_reasons(clauses, chooser)
    for clause, number, gap in found:
        question = _ask(clause, number, gap, chooser)
        if question is not None:
            question = (question.replace("、", "") if chooser.random() < 0.5 else question).replace("、か", "か")
        if question is not None and QUESTION[0] <= len(question) <= QUESTION[1] and not VAGUE.search(question):
            yield Cloze(question, gap.start, gap.end, specific=gap.words not in THING)


def _ask(clause: Clause, number: int, gap: Gap, chooser: random.Random) -> str | None:
    """Say a clause as the question for one of its parts; None where too little of it would be left."""
    part, predicate = clause.parts[number], say_everyday(clause.predicate, chooser)
    kept = [index == number or _is_kept(other, chooser) for index, other in enumerate(clause.parts)]
    others = [other for index, other in enumerate(clause.parts) if kept[index] and index != number]
    if not others or sum(len(other.head.name) for other in others) + len(predicate.stem) < TOLD:
        return None
    asked = "".join(phrase.text for phrase in gap.keeps) + gap.words
    particle = "" if gap.drops_particle else part.tail
    inside = replace_formal_nouns("".join(_say_inside(other) for other in others), chooser)
    if predicate.kind == "copula" and part.is_topic and chooser.random() < 0.5:
        return f"{inside}{predicate.stem}は{asked}{chooser.choice(PAST_CLOSES if predicate.past else CLOSES)}"
    if not predicate.stem.startswith(NAMING) and chooser.random() < 0.5:
        tail = particle if particle in ("から", "まで") else ""
        asked = asked.removesuffix("に") if gap.drops_particle else asked
        return f"{inside}{predicate.say_plainly()}のは{asked}{tail}{chooser.choice(CLOSES)}"
    asked += "が" if particle in TOPIC_ENDS else particle.replace("には", "に").replace("では", "で")
    before = "".join(other.text for index, other in enumerate(clause.parts[:number]) if kept[index])
    after = "".join(other.text for index, other in enumerate(clause.parts) if kept[index] and index > number)
    rest = replace_formal_nouns(after + _end(predicate, chooser), chooser)
    return replace_formal_nouns(before, chooser) + asked + rest


def _is_kept(part: Part, chooser: random.Random) -> bool:
    if part.phrases[0].last.pos == "接続詞":
        return False
    return chooser.random() < (KEPT_TOPIC if part.is_topic or part.tail == "が" else KEPT_PART)


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


def cut_passages(text: str) -> list[str]:
    """Cut a text into passages of a few sentences, along its lines."""
    passages: list[str] = []
    own = ""
    for line in text.split("\n"):
        for start, end in split_sentences(line[:4000]):
            sentence = line[start:end]
            if own and len(own) + len(sentence) > WINDOW[1]:
                passages.append(own)
                own = ""
            own += sentence[: WINDOW[1]]
        own = own + "\n" if own and not own.endswith("\n") else own
        if len(own) > 0.6 * WINDOW[1]:
            passages.append(own)
            own = ""
    if len(own) >= WINDOW[0]:
        passages.append(own)
    return [passage.strip() for passage in passages]


def load_cloze_questions(data: Path, *, limit: int | None, seed: int) -> list[TrainingQuestion]:
    """Make questions of the prose; every source gives the share `ASKED` of its articles.

    Args:
        data: Folder of the training data.
        limit: Most questions, drawn from all; all when None.
        seed: Of all choices.

    Returns:
        Questions in the order of their passages; `paragraph` numbers these, `title` is the article's.
    """
    chooser = random.Random(seed)
    questions: list[TrainingQuestion] = []
    passages = 0
    for article in load_prose(data, seed=seed):
        if chooser.random() >= ASKED[article.source]:
            continue
        for passage in cut_passages(article.text):
            questions += _ask_passage(article, passage, passages, chooser)
            passages += 1
            if passages % 1000 == 0:
                logger.info("cloze questions: %d of %d passages", len(questions), passages)
    if limit is not None and limit < len(questions):
        kept = sorted(chooser.sample(range(len(questions)), limit))
        questions = [questions[number] for number in kept]
    return questions


def _ask_passage(article: Article, passage: str, number: int, chooser: random.Random) -> Iterator[TrainingQuestion]:
    """Ask a passage a few questions, of different sentences."""
    sentences = [(start, end) for start, end in split_sentences(passage) if SENTENCE[0] <= end - start <= SENTENCE[1]]
    chooser.shuffle(sentences)
    made = 0
    for start, end in sentences[: 2 * PER_PASSAGE]:
        clozes = list(build_clozes(passage[start:end], chooser))
        if not clozes:
            continue
        specific = [cloze for cloze in clozes if cloze.specific]
        cloze = chooser.choice(specific if specific and chooser.random() < SPECIFIC else clozes)
        question = cloze.question
        topic = TITLED.get(article.source)
        name = ASIDE.sub("", article.title).strip()
        if topic and len(name) <= 20 and name not in question and not SUBJECT.search(question):
            question = f"{name}{topic}{question}"
        place = start + cloze.start
        yield TrainingQuestion(question, passage, article.title, number, place, passage[place : start + cloze.end])
        made += 1
        if made == PER_PASSAGE:
            return


def list_siblings(questions: Sequence[TrainingQuestion]) -> list[list[int]]:
    """Find for every question the passages of its article that share most with it and do not hold its answer.

    Shared pairs of characters count, rare ones more.

    Returns:
        Numbers of up to `SIBLINGS` passages a question, best first.
    """
    articles: dict[str, dict[int, str]] = {}
    for question in questions:
        articles.setdefault(question.title, {})[question.paragraph] = question.context
    found: list[list[int]] = []
    indexes = {title: _index_pairs(passages) for title, passages in articles.items()}
    for question in questions:
        places, passages = indexes[question.title], articles[question.title]
        scores: dict[int, float] = defaultdict(float)
        for pair in sorted(_list_pairs(question.question)):
            holders = places.get(pair, ())
            for holder in holders:
                scores[holder] += log(1 + len(passages) / len(holders))
        best = sorted(scores, key=lambda number: -scores[number])
        found.append([number for number in best if question.answer not in passages[number]][:SIBLINGS])
    return found


def _list_pairs(text: str) -> set[str]:
    return {"".join(pair) for pair in pairwise(text)}


def _index_pairs(passages: dict[int, str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for number, text in passages.items():
        for pair in _list_pairs(text):
            places.setdefault(pair, []).append(number)
    return places

"""Training questions made of the sentences of prose."""

from __future__ import annotations

import logging
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log
from pathlib import Path

from rag.evaluation.own.cloze import SENTENCE, SPECIFIC, build_clozes
from rag.text.sentences import split_sentences
from rag.training.corpus import Article, TrainingQuestion, load_prose

logger = logging.getLogger(__name__)

WINDOW = (250, 700)
"""Least and greatest characters of the passages that questions are asked of."""
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
SIBLINGS = 4
PER_PASSAGE = 3


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

"""Questions made of a library's own sentences, spread over its documents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.own.askable import list_askable, spread, stands_alone
from rag.evaluation.own.candidate import Candidate, build_candidates
from rag.evaluation.own.rivals import RivalFinder, Rivals
from rag.evaluation.own.sizes import KEEP, LIMIT
from rag.evaluation.own.swapping import Thing, swap_thing
from rag.evaluation.own.wording import is_telling, reads_well
from rag.text.normalization import fold
from rag.text.numbers import find_numbers
from rag.text.terms import build_terms
from rag.text.things import list_things

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.embeddings.encoder import Progress
    from rag.library.library import Library

CHECKED = 6
"""Questions of one sentence that are held against the library before the next sentence is tried."""
TRIED = 40
"""Sentences tried for each question wanted of a document, before the document is left."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question that a library asks itself.

    `sentence` is where it was made in its document, `kept` the share of that sentence's content words it has; None
    where that is not known.
    """

    question: Question
    sentence: tuple[int, int]
    kept: float | None


def make_questions(
    library: Library,
    *,
    limit: int = LIMIT,
    keep: float = KEEP,
    unanswerable: int = 0,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[OwnQuestion]:
    """Make questions from the sentences of all documents, as many of each as there are.

    A sentence becomes a question by putting a question word in the place of a name, number, date or reason and by
    dropping or rewording others of its parts. It is kept only where no other place of the library holds all its words
    and another value of the kind asked for.

    Args:
        library: Its documents are asked about.
        limit: Most questions with an answer.
        keep: Share of the content words that questions keep, 0 to 1: the fewer, the harder they are to find by words.
        unanswerable: Most questions without an answer besides: such as the others, about a thing of another document.
        seed: Of all choices.
        progress: Called with questions made and their number.

    Returns:
        The questions in the order of documents and places, those without an answer last.

    Raises:
        DatasetError: No sentence could be made a question.
    """
    documents = [library.document(entry.id) for entry in library.documents()]
    finder, total = RivalFinder(library), limit + unanswerable
    made: list[OwnQuestion] = []
    for question in _take_turns(documents, finder, keep=keep, seed=seed, limit=limit):
        made.append(question)
        if progress:
            progress(len(made), total)
        if len(made) == limit:
            break
    if not made:
        raise DatasetError(
            f"{library.folder}: no sentence of {len(documents)} documents could be made a question; expected prose "
            "in whole sentences that end with 。: add such documents, or give questions of your own as --questions"
        )
    order = {document.id: number for number, document in enumerate(documents)}
    made.sort(key=lambda each: (order[each.question.document_id], each.sentence, each.question.text))
    swapped = _swap_all(made, documents, finder, limit=unanswerable, seed=seed)
    if progress:
        progress(total, total)
    return [*made, *swapped]


def _take_turns(
    documents: list[Document], finder: RivalFinder, *, keep: float, seed: int, limit: int
) -> Iterator[OwnQuestion]:
    """Yield one question of each document in turn, until none has any left."""
    share = -(-limit // max(len(documents), 1))
    sources = [_ask_document(document, finder, keep=keep, seed=seed, wanted=share) for document in documents]
    while sources:
        left = []
        for source in sources:
            question = next(source, None)
            if question is not None:
                left.append(source)
                yield question
        sources = left


def _ask_document(
    document: Document, finder: RivalFinder, *, keep: float, seed: int, wanted: int
) -> Iterator[OwnQuestion]:
    chooser = random.Random(f"{seed}/{document.id}")
    number = tried = 0
    for sentence in spread(list_askable(document), seed=chooser.randrange(2**32)):
        if not stands_alone(document.text[slice(*sentence)]):
            continue
        tried += 1
        if tried > TRIED * max(wanted, number + 1):
            return
        question = _ask_sentence(document, sentence, finder, chooser, keep=keep)
        if question is not None:
            number += 1
            yield question


def _ask_sentence(
    document: Document, sentence: tuple[int, int], finder: RivalFinder, chooser: random.Random, *, keep: float
) -> OwnQuestion | None:
    """Ask a sentence a question that no other place answers, of several the one that words find worst."""
    candidates = build_candidates(document.text, sentence, chooser, keep=keep)
    best: tuple[Candidate, Rivals] | None = None
    for _, candidate in zip(range(CHECKED), candidates, strict=False):
        rivals = finder.find(candidate, document.id, document.text)
        if not rivals.unclear and (best is None or rivals.rank > best[1].rank):
            best = candidate, rivals
    if best is None:
        return None
    candidate, rivals = best
    answer = document.text[candidate.start : candidate.end]
    answers = tuple(GoldAnswer(answer, start) for start in (candidate.start, *rivals.same))
    name = f"{document.id[:8]}-{candidate.start}"
    return OwnQuestion(Question(name, document.id, candidate.text, answers, candidate.kind), sentence, candidate.kept)


def _swap_all(
    made: list[OwnQuestion], documents: list[Document], finder: RivalFinder, *, limit: int, seed: int
) -> list[OwnQuestion]:
    """Ask about things of other documents, where no place holds all words of the new question."""
    if not limit:
        return []
    chooser = random.Random(f"{seed}/unanswerable")
    texts = {document.id: document.text for document in documents}
    pool: dict[Thing, str] = {}
    for each in made:
        for thing in _list_names(each.question.text):
            pool.setdefault(thing, each.question.document_id)
    swapped: list[OwnQuestion] = []
    for each in chooser.sample(made, len(made)):
        own = each.question.document_id
        others = [thing for thing, home in pool.items() if len(documents) == 1 or home != own]
        text = swap_thing(each.question.text, _list_names(each.question.text), texts[own], others, chooser)
        if (
            text is None
            or not reads_well(text)
            or finder.is_answered(text, frozenset(term.text for term in build_terms(text)))
        ):
            continue
        question = replace(each.question, id=f"{each.question.id}-none", text=text, answers=())
        swapped.append(replace(each, question=question))
        if len(swapped) == limit:
            break
    return swapped


def _list_names(question: str) -> list[Thing]:
    """Find the things of a question that are names or compounds and no amounts."""
    return [thing for thing in list_things(question) if is_telling(thing[0]) and not find_numbers(fold(thing[0]).text)]

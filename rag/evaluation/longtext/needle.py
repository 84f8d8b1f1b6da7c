"""Needle tests: is one passage still found and read, however long the text around it and wherever in it it stands?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.evaluation.budget import BUDGET, fill_budget, is_within_budget
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.judgement import Judgement, judge
from rag.evaluation.longtext.distractors import DistractorPool
from rag.evaluation.longtext.fingerprints import hash_documents, list_settings
from rag.evaluation.longtext.gold import choose_questions, choose_size, cut_gold_passages, flatten, flatten_answers
from rag.evaluation.longtext.hay import Hay, HayText
from rag.evaluation.longtext.haystack import Haystack, build_haystack
from rag.evaluation.longtext.needle_grid import NeedleGrid
from rag.evaluation.longtext.needle_page import present_needle
from rag.evaluation.longtext.needle_plan import Asked, Condition, Stack, plan_stacks, share_hay
from rag.evaluation.metrics import recall_at, score_f1
from rag.evaluation.rows import Report, Row
from rag.evaluation.tracing import find_rank
from rag.library.library import Library
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.library.records import Answer
    from rag.retrieval.search import Mode


def evaluate_needle(
    dataset: Dataset,
    settings: Settings,
    *,
    hay: Hay | None = None,
    grid: NeedleGrid,
    limit: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Hide the gold passages of questions in haystacks of many lengths, at many depths, and ask for them.

    Measured are the search ("recall_5", "recall_2000c": whether a hit, or the first 2,000 characters of the hits, hold
    the accepted answer where it stands now), the reader alone on the whole haystack where that is short enough
    ("reader_…"), and the whole ("f1", "exact", "refused", "false_answer", "seconds"; "candidate_f1" is that of the best
    candidate where the answer was withheld). A false answer is one that is given and wrong; where the needle is
    missing, every one.

    Args:
        dataset: Questions and their documents.
        settings: As a library takes them; `library` is not used.
        hay: What haystacks are made of; the documents of the dataset but those of the needles when None.
        grid: Lengths, depths and numbers.
        limit: Only so many questions, evenly spread over all.
        out: Folder of the run; chosen by the settings when None.
        progress: Called with questions asked and their number, over all haystacks.

    Returns:
        Figures by condition and length, findings in words, one row for each question, length and depth.

    Raises:
        ArgumentError: The grid makes no sense.
        DatasetError: No question has an answer, there is not enough hay, or the folder holds another run.
    """
    grid.check()
    questions = choose_questions(dataset, limit)
    size = min(choose_size(settings), min(grid.lengths) // 2)
    passages = cut_gold_passages(dataset, questions, size=size)
    batches = share_hay(dataset, passages, hay, longest=max(grid.lengths))
    pool = DistractorPool(choose_questions(dataset, None))
    with open_field(settings) as field:
        trials = [
            Trial(_name(stack, asked), partial(_ask, field, stack, asked, grid))
            for stack in plan_stacks(batches, grid, size=size, pool=pool)
            for asked in stack.asked
        ]
        experiment = Experiment(
            kind="needle",
            settings={
                **list_settings(field.library),
                **asdict(grid),
                "questions": [question.id for question in questions],
                "documents": hash_documents(dataset.documents.values()),
                "hay": None if hay is None else hash_documents(hay.documents),
                "passage_size": size,
            },
            trials=trials,
            present=partial(present_needle, grid=grid),
        )
        return run_experiment(experiment, out=out, progress=progress)


class Field:
    """A library that holds one haystack at a time."""

    def __init__(self, library: Library) -> None:
        """Take an empty library."""
        self.library = library
        self._stack: Stack | None = None
        self._haystack: Haystack | None = None
        self._hay: tuple[tuple[object, ...], HayText] | None = None

    def place(self, stack: Stack) -> Haystack:
        """Build a haystack and put it into the library, unless it is there."""
        if self._stack is not stack or self._haystack is None:
            haystack = build_haystack(self._take_hay(stack), stack.needles, stack.decoys)
            self.library.add_documents([haystack.document])
            # The first search loads models and the first one by meaning the new vectors: not what is measured.
            mode: Mode | None = None if self._haystack is None else "dense"
            self.library.search(stack.asked[0].passage.question.text, k=1, mode=mode)
            self._stack, self._haystack = stack, haystack
        return self._haystack

    def _take_hay(self, stack: Stack) -> HayText:
        key = (stack.room, stack.start, id(stack.batch), tuple(map(id, stack.group)))
        if self._hay is None or self._hay[0] != key:
            avoid = flatten_answers(passage.question for passage in stack.group)
            self._hay = key, stack.batch.hay.take(stack.room, avoid=avoid, start=stack.start)
        return self._hay[1]


@contextmanager
def open_field(settings: Settings) -> Iterator[Field]:
    """Open a field in a folder of its own that is gone afterwards."""
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        yield Field(library)


def _find_condition(stack: Stack, asked: Asked) -> Condition:
    return "absent" if asked.depth is None else stack.condition


def _name(stack: Stack, asked: Asked) -> str:
    return f"{_find_condition(stack, asked)}/{stack.length}/{asked.depth}/{asked.passage.question.id}"


def _ask(field: Field, stack: Stack, asked: Asked, grid: NeedleGrid) -> Row:
    haystack = field.place(stack)
    given = asked.passage.question
    question = haystack.questions.get(given.id) or replace(given, document_id=haystack.document.id, answers=())
    begun = time.perf_counter()
    answer = field.library.ask(question.text)
    seconds = time.perf_counter() - begun
    hits = fill_budget(answer, field.library)
    present = asked.depth is not None
    rank = find_rank(hits, question)
    return {
        "question": question.id,
        "text": question.text,
        "condition": _find_condition(stack, asked),
        "length": stack.length,
        "depth": asked.depth,
        "characters": len(haystack.document.text),
        "needles": len(stack.needles),
        "decoys": len(asked.decoys),
        "relation": asked.relation,
        "start": question.answers[0].start if present else None,
        "rank": rank,
        "recall_5": recall_at(rank, k=5) if present else None,
        f"recall_{BUDGET}c": float(is_within_budget(hits, question)) if present else None,
        **_score(_judge_said(given, answer.text, present=present), asked),
        "candidate_f1": _score_candidate(given, answer) if present else None,
        "seconds": seconds,
        "search_seconds": answer.seconds.retrieve,
        **_read_alone(field.library, haystack, question, asked, grid),
    }


def _read_alone(library: Library, haystack: Haystack, question: Question, asked: Asked, grid: NeedleGrid) -> Row:
    """Let the reader read the whole haystack, through as many windows as it takes."""
    document = haystack.document
    if len(document.text) > grid.reader_characters:
        return {}
    begun = time.perf_counter()
    reading = library.reader.read(question.text, [Passage(document.id, 0, len(document.text), document.text, 1.0)])
    seconds = time.perf_counter() - begun
    said = None if reading.no_answer or not reading.spans else reading.text
    given = asked.passage.question
    scores = _score(_judge_said(given, said, present=asked.depth is not None), asked)
    return {f"reader_{name}": value for name, value in (*scores.items(), ("seconds", seconds))}


def _judge_said(question: Question, said: str | None, *, present: bool) -> Judgement:
    judged = question if present else replace(question, answers=())
    return judge(judged, said or "", no_answer=said is None, confidence=0.0, answerability=0.0, rule="plain")


def _score_candidate(question: Question, answer: Answer) -> float:
    """Return the F1 of the answer or, where it was withheld, of the best candidate."""
    withheld = answer.spans[0].text if answer.spans else ""
    return score_f1(withheld if answer.text is None else answer.text, question.accepted)


def _score(judgement: Judgement, asked: Asked) -> dict[str, object]:
    """Return what was said and how good it is; F1 and exact match only where there is something to be found."""
    present = asked.depth is not None
    misled = not judgement.no_answer and flatten(judgement.prediction) in {flatten(text) for text in asked.decoys}
    return {
        "prediction": judgement.prediction,
        "f1": judgement.f1 if present else None,
        "exact": judgement.exact_match if present else None,
        "refused": float(judgement.no_answer),
        "false_answer": float(not judgement.no_answer and not judgement.right),
        "misled": float(misled) if asked.decoys else None,
    }

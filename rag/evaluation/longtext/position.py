"""Place and number: is an answer read as well in the tenth passage as in the first, and among twenty as among two?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.evaluation.datasets import Dataset
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.judgement import judge
from rag.evaluation.longtext.fingerprints import hash_documents, list_settings
from rag.evaluation.longtext.gold import (
    GoldPassage,
    choose_questions,
    choose_size,
    cut_gold_passages,
    flatten,
    flatten_answers,
)
from rag.evaluation.longtext.position_grid import Manner, PositionGrid, choose_places
from rag.evaluation.longtext.position_page import present_position
from rag.evaluation.metrics import score_f1
from rag.evaluation.rows import Report, Row
from rag.library.library import Library
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.tracing import Stretch
    from rag.reading.answer import Reading
    from rag.reading.generative_reader import GenerativeReader
    from rag.retrieval.hit import Hit

SEARCHED = 6
"""Hits looked through for each passage that is wanted: neighbours overlap, and some hold the answer."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The passages of one question: the gold one, as search rates it, and the best others, disjoint, best first.

    `rank` says how many of the others search puts before the gold one; None where search did not find it.
    """

    gold: Passage
    others: tuple[Passage, ...]
    rank: int | None


def evaluate_position(
    dataset: Dataset,
    settings: Settings,
    *,
    grid: PositionGrid,
    limit: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Read the gold passage of each question at different places among the best hits that do not hold the answer.

    Three readings: "joint", passages packed into common inputs as far as they fit, the scores of search alike, so that
    place alone decides; "separate", each passage by itself, where no place exists; "search", in the order and with the
    scores that search gives them.

    Args:
        dataset: Questions and their documents, all of them searched.
        settings: As a library takes them; `library` is not used.
        grid: Numbers of passages and places.
        limit: Only so many questions, evenly spread over all.
        out: Folder of the run; chosen by the settings when None.
        progress: Called with readings done and their number.

    Returns:
        Figures by reading and number, findings in words, one row for each question, number, reading and place.

    Raises:
        ArgumentError: The grid makes no sense.
        DatasetError: No question has an answer, or the folder holds another run.
    """
    grid.check()
    questions = choose_questions(dataset, limit)
    size = choose_size(settings)
    passages = cut_gold_passages(dataset, questions, size=size)
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        shelf = Shelf(library, dataset, grid)
        readings = list_readings(grid, apart=isinstance(library.reader, SpanReader))
        experiment = Experiment(
            kind="position",
            settings={
                **list_settings(library),
                **asdict(grid),
                "questions": [question.id for question in questions],
                "documents": hash_documents(dataset.documents.values()),
                "passage_size": size,
            },
            trials=[
                Trial(f"{passage.question.id}/{manner}/{k}/{place}", partial(_read, shelf, passage, manner, k, place))
                for passage in passages
                for manner, k, place in readings
            ],
            present=partial(present_position, grid=grid),
        )
        return run_experiment(experiment, out=out, progress=progress)


def list_readings(grid: PositionGrid, *, apart: bool) -> list[tuple[Manner, int, int | None]]:
    """List the readings of one question: kind, number of passages, and place from 1 where it is given."""
    kinds: list[tuple[Manner, int, int | None]] = []
    for k in grid.numbers:
        kinds += [("joint", k, place) for place in choose_places(k, most=grid.places)]
        kinds += [("separate", k, None)] if apart else []
        kinds.append(("search", k, None))
    return kinds


class Shelf:
    """A library of all documents, filled when the first passages are asked for."""

    def __init__(self, library: Library, dataset: Dataset, grid: PositionGrid) -> None:
        """Take an empty library."""
        self.library = library
        self._dataset = dataset
        self._grid = grid
        self._filled = False
        self._found: tuple[str, Surroundings] | None = None

    def surround(self, passage: GoldPassage) -> Surroundings:
        """Find the passages that a gold passage is read among."""
        if not self._filled:
            self.library.add_documents(list(self._dataset.documents.values()))
            self._filled = True
        if self._found is None or self._found[0] != passage.question.id:
            wanted = max(self._grid.numbers)
            hits = self.library.search(passage.question.text, k=SEARCHED * wanted)
            self._found = passage.question.id, choose_others(passage, hits, count=wanted - 1)
        return self._found[1]


def choose_others(passage: GoldPassage, hits: Sequence[Hit], *, count: int) -> Surroundings:
    """Choose the best hits that hold no accepted answer and overlap neither the gold passage nor each other."""
    document_id, answers = passage.question.document_id, flatten_answers([passage.question])
    others: list[Passage] = []
    rank, score = None, 0.0
    for hit in hits:
        found = Passage(hit.document_id, hit.start, hit.end, hit.text, hit.score)
        if rank is None and any(
            hit.document_id == document_id and hit.start <= answer.start and answer.end <= hit.end
            for answer in passage.move(document_id, passage.start).answers
        ):
            rank, score = len(others), hit.score
        taken = [Passage(document_id, passage.start, passage.end, passage.text, 0.0), *others]
        flat = flatten(hit.text)
        if len(others) < count and not any(_overlap(found, other) for other in taken):
            others += [] if any(answer in flat for answer in answers) else [found]
    gold = Passage(document_id, passage.start, passage.end, passage.text, score)
    return Surroundings(gold, tuple(others), rank)


def order_passages(found: Surroundings, manner: Manner, k: int, place: int | None) -> list[Passage] | None:
    """Return the passages as they are read; None where there are too few, or search did not find the gold one."""
    others = found.others[: k - 1]
    if len(others) < k - 1:
        return None
    if manner == "search":
        return None if found.rank is None else [*others[: found.rank], found.gold, *others[found.rank :]]
    at = 0 if place is None else place - 1
    return [replace(passage, score=1.0) for passage in (*others[:at], found.gold, *others[at:])]


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end


def _read(shelf: Shelf, passage: GoldPassage, manner: Manner, k: int, place: int | None) -> Row:
    found = shelf.surround(passage)
    question = passage.question
    passages = order_passages(found, manner, k, place)
    row: Row = {"question": question.id, "text": question.text, "manner": manner, "k": k, "place": place}
    if passages is None:
        return {**row, "others": len(found.others), "rank": found.rank}
    together = manner != "separate"
    inputs = list_inputs(shelf.library.reader, question.text, passages, together=together)
    begun = time.perf_counter()
    read = _read_passages(shelf.library.reader, question.text, passages, together=together)
    seconds = time.perf_counter() - begun
    said = None if read.no_answer or not read.spans else read.text
    judged = judge(question, said or "", no_answer=said is None, confidence=0.0, answerability=0.0, rule="plain")
    at = passages.index(found.gold if manner == "search" else replace(found.gold, score=1.0))
    return {
        **row,
        "place": None if manner == "separate" else at + 1,
        "others": len(found.others),
        "rank": found.rank,
        "prediction": judged.prediction,
        "f1": judged.f1,
        "exact": judged.exact_match,
        "refused": float(judged.no_answer),
        "false_answer": float(not judged.no_answer and not judged.right),
        "candidate_f1": score_f1(read.text, question.accepted),
        "from_gold": float(any(_overlap(span, found.gold) for span in read.spans[:1])),
        "inputs": len(inputs) if inputs else None,
        "beside": max((len(held) for held in inputs if at in held), default=None),
        "seconds": seconds,
    }


def list_inputs(
    reader: SpanReader | GenerativeReader, question: str, passages: Sequence[Passage], *, together: bool
) -> list[set[int]]:
    """Return which passages, by index, each input of the reader holds; none for a reader that writes."""
    if not isinstance(reader, SpanReader):
        return []
    windows = reader.encode(question, [passage.text for passage in passages], together=together)
    return [set(window.passages.tolist()) - {-1} for window in windows]


def _read_passages(
    reader: SpanReader | GenerativeReader, question: str, passages: Sequence[Passage], *, together: bool
) -> Reading:
    return (
        reader.read(question, passages, together=together)
        if isinstance(reader, SpanReader)
        else reader.read(question, passages)
    )

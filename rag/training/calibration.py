"""Calibration of a trained reader on held-out articles: when to refuse, and what its confidence means."""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.config.settings import Settings
from rag.errors import RagError
from rag.evaluation.datasets import load_samples
from rag.evaluation.metrics import RIGHT, area_under_curve, measure_calibration_error, score_f1
from rag.library.library import Library
from rag.reading.calibration import MOST_MARGIN, Calibration, Evidence, LogisticMap, fit_calibration
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from rag.retrieval.passages import merge_hits
from rag.training.corpus import TrainingQuestion, load_questions, split_articles
from rag.training.paragraphs import DEPTH, open_paragraphs

logger = logging.getLogger(__name__)

PASSAGES = 5
THRESHOLD = 0.85
"""Probability of "no answer" above which a reader refuses: where the shipped one loses none of its right answers on the
sample questions (at 0.75 it loses 3 of 23, at 0.65, too)."""
FEATURES = ("score", "margin")


@dataclass(frozen=True, slots=True)
class Case:
    """One reading of a held-out question, with the answer among the passages or without it.

    `question` is its number among those of its `origin`; `f1` is that of the best span, 0 where there is no answer.
    """

    origin: Literal["training", "samples"]
    question: int
    evidence: Evidence
    present: bool
    f1: float


def calibrate_reader(
    folder: Path,
    questions: Sequence[TrainingQuestion],
    pool: Sequence[TrainingQuestion],
    *,
    device: str | None = None,
) -> Calibration:
    """Fit when the reader refuses and how sure it is, and write both beside its weights.

    Every question is read as in use from the passages that word search finds, with its own paragraph among them, and
    every second one a second time, without any that holds the answer. The questions on the sample documents, which are
    no encyclopedia, are read from what search with this reader finds in them; those with an answer a second time,
    without the windows that hold it. Both origins count the same.

    Args:
        folder: The trained reader.
        questions: Questions it was not trained on.
        pool: Questions whose paragraphs are searched as well.
        device: Where the reader runs; the GPU where there is one when None.

    Raises:
        ModelError: The reader cannot be loaded.
    """
    reader = SpanReader.load(str(folder), device=device)
    reader.calibration = Calibration()
    cases = [*_read_cases(reader, questions, pool), *_read_samples(reader)]
    _report(cases)
    calibration = _fit(cases)
    calibration.save(folder)
    return calibration


def _fit(cases: Sequence[Case]) -> Calibration:
    features = np.array([[case.evidence.features[name] for name in FEATURES] for case in cases])
    numbers = Counter(case.origin for case in cases)
    weights = np.array([len(cases) / len(numbers) / numbers[case.origin] for case in cases])
    return replace(
        Calibration(no_answer_threshold=THRESHOLD),
        no_answer=_fit_map(features, [not case.present for case in cases], weights),
        confidence=_fit_map(features, [case.f1 >= RIGHT for case in cases], weights),
    )


def _fit_map(
    features: NDArray[np.float64], outcomes: Sequence[bool], weights: NDArray[np.float64]
) -> LogisticMap | None:
    """Fit one map, None where all cases are alike, as after a training that is much too short."""
    return fit_calibration(features, outcomes, names=FEATURES, weights=weights) if len(set(outcomes)) == 2 else None


def _read_cases(
    reader: SpanReader, questions: Sequence[TrainingQuestion], pool: Sequence[TrainingQuestion]
) -> Iterator[Case]:
    with open_paragraphs([*questions, *pool]) as search:
        for number, question in enumerate(questions):
            own = question.paragraph
            found = search.find(question.question)
            found.setdefault(own, min(found.values(), default=1.0))
            beside = [each for each in found if each != own][: PASSAGES - 1]
            read = {each: score for each, score in found.items() if each == own or each in beside}
            yield _read_case(reader, number, question, read, search.contexts, present=True)
            without = [each for each in found if question.answer not in search.contexts[each]][:PASSAGES]
            if without and number % 2:
                rest = {each: found[each] for each in without}
                yield _read_case(reader, number, question, rest, search.contexts, present=False)
            if number % 100 == 99:
                logger.info("calibration: %d of %d questions", number + 1, len(questions))


def _read_samples(reader: SpanReader) -> Iterator[Case]:
    """Read the questions on the sample documents as a library does."""
    samples = load_samples()
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=Settings(library=folder, reader=reader.name)) as library,
    ):
        library.add_documents(list(samples.documents.values()))
        for number, question in enumerate(samples.questions):
            hits = library.search(question.text, k=DEPTH)
            answers = [answer.text for answer in question.answers]
            readings = [hits]
            if answers:
                readings.append([hit for hit in hits if not any(answer in hit.text for answer in answers)])
            for found in readings:
                passages = merge_hits(
                    found[: library.settings.hits],
                    load_text=library.load_slice,
                    limit=library.settings.passage_characters,
                )[:PASSAGES]
                # Search may have missed an answer, and one that two hits share stands in neither.
                held = [answer for answer in answers if any(answer in passage.text for passage in passages)]
                if passages:
                    yield _judge(reader, question.text, passages, "samples", number, held)


def _read_case(
    reader: SpanReader,
    number: int,
    question: TrainingQuestion,
    found: dict[int, float],
    contexts: dict[int, str],
    *,
    present: bool,
) -> Case:
    passages = [Passage(str(each), 0, len(contexts[each]), contexts[each], score) for each, score in found.items()]
    return _judge(reader, question.question, passages, "training", number, [question.answer] if present else [])


def _judge(
    reader: SpanReader,
    question: str,
    passages: Sequence[Passage],
    origin: Literal["training", "samples"],
    number: int,
    answers: Sequence[str],
) -> Case:
    """Read one question from passages in which `answers` stand, none where there is no answer."""
    reading = reader.read(question, passages, n=2)
    best, *others = reading.spans
    log_best = float(np.log(best.probability))
    evidence = Evidence(
        log_best=log_best,
        log_null=log_best - reading.answerability,
        score=best.score,
        margin=best.score - others[0].score if others else MOST_MARGIN,
    )
    f1 = score_f1(best.text, answers) if answers else 0.0
    return Case(origin, number, evidence, present=bool(answers), f1=f1)


def _report(cases: Sequence[Case]) -> None:
    """Log how well the fit holds on questions it was not made from: each half is judged by the other one's."""
    judged: list[tuple[float, float, Case]] = []
    for half in (0, 1):
        other = _fit([case for case in cases if case.question % 4 // 2 != half])
        if other.no_answer is not None and other.confidence is not None:
            judged += [
                (other.no_answer.apply(case.evidence.features), other.confidence.apply(case.evidence.features), case)
                for case in cases
                if case.question % 4 // 2 == half
            ]
    if not judged:
        logger.info("calibration: %d readings, too alike to be judged", len(cases))
    for origin in dict.fromkeys(case.origin for _, _, case in judged):
        _log([each for each in judged if each[2].origin == origin], origin)


def _log(judged: Sequence[tuple[float, float, Case]], origin: str) -> None:
    present = [-absent for absent, _, case in judged if case.present]
    missing = [-absent for absent, _, case in judged if not case.present]
    right = [case.f1 >= RIGHT for _, _, case in judged]
    sure = [confidence for _, confidence, _ in judged]
    logger.info(
        "calibration, %s: %d readings, area under the curve of answer or none %.3f, of right or not %.3f, expected "
        "calibration error %.3f, refused %.3f with and %.3f without an answer",
        origin,
        len(judged),
        area_under_curve(present, missing) or float("nan"),
        area_under_curve(
            [value for value, hit in zip(sure, right, strict=True) if hit],
            [value for value, hit in zip(sure, right, strict=True) if not hit],
        )
        or float("nan"),
        measure_calibration_error(sure, right),
        _share_refused(present),
        _share_refused(missing),
    )


def _share_refused(values: Sequence[float]) -> float:
    return sum(-value > THRESHOLD for value in values) / len(values) if values else float("nan")


def main() -> None:
    """Calibrate a reader again."""
    parser = argparse.ArgumentParser(prog="python -m rag.training.calibration", description=__doc__)
    parser.add_argument("reader", type=Path, help="folder of the reader; calibration.json is written there")
    parser.add_argument("--squad", type=Path, required=True, help="questions; those of the last 20 articles are used")
    parser.add_argument("--limit", type=int, default=265, metavar="N", help="questions at most (265)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        training, held_out = split_articles(load_questions(given.squad))
        step = max(1, len(held_out) // given.limit)
        calibrate_reader(given.reader, held_out[::step][: given.limit], training[::10])
    except RagError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()

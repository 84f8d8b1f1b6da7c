"""Calibration of a trained reader on held-out articles: when to refuse, and what its confidence means."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.metrics import RIGHT, area_under_curve, measure_calibration_error, score_f1
from rag.reading.calibration import MOST_MARGIN, Calibration, Evidence, LogisticMap, fit_calibration
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from rag.training.corpus import TrainingQuestion
from rag.training.paragraphs import open_paragraphs

logger = logging.getLogger(__name__)

PASSAGES = 5
FEATURES = ("score", "margin")


@dataclass(frozen=True, slots=True)
class Case:
    """One reading of a held-out question, with the answer among the passages or without it.

    `question` is its number; `f1` is that of the best span, 0 where there is no answer.
    """

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
    every second one a second time, without any that holds the answer.

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
    cases = list(_read_cases(reader, questions, pool))
    _report(cases)
    calibration = _fit(cases)
    calibration.save(folder)
    return calibration


def _fit(cases: Sequence[Case]) -> Calibration:
    features = np.array([[case.evidence.features[name] for name in FEATURES] for case in cases])
    return replace(
        Calibration(),
        no_answer=_fit_map(features, [not case.present for case in cases]),
        confidence=_fit_map(features, [case.f1 >= RIGHT for case in cases]),
    )


def _fit_map(features: NDArray[np.float64], outcomes: Sequence[bool]) -> LogisticMap | None:
    """Fit one map, None where all cases are alike, as after a training that is much too short."""
    return fit_calibration(features, outcomes, names=FEATURES) if len(set(outcomes)) == 2 else None


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
    reading = reader.read(question.question, passages, n=2)
    best, *others = reading.spans
    log_best = float(np.log(best.probability))
    return Case(
        question=number,
        evidence=Evidence(
            log_best=log_best,
            log_null=log_best - reading.answerability,
            score=best.score,
            margin=best.score - others[0].score if others else MOST_MARGIN,
        ),
        present=present,
        f1=score_f1(best.text, [question.answer]) if present else 0.0,
    )


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
        return
    present = [-absent for absent, _, case in judged if case.present]
    missing = [-absent for absent, _, case in judged if not case.present]
    sure = [confidence for _, confidence, _ in judged]
    right = [case.f1 >= RIGHT for _, _, case in judged]
    logger.info(
        "calibration: %d readings, area under the curve of answer or none %.3f, expected calibration error %.3f",
        len(cases),
        area_under_curve(present, missing) or float("nan"),
        measure_calibration_error(sure, right),
    )

"""Whether what a reader said to a question is right, and what its confidence is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluation.datasets import Question
from rag.evaluation.metrics import RIGHT, Rule, measure_calibration_error, risk_coverage, score_exact_match, score_f1
from rag.evaluation.rows import Figures

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reader said to one question, and how good that is; `prediction` is empty where it said nothing."""

    id: str
    question: str
    gold: tuple[str, ...]
    prediction: str
    exact_match: float
    f1: float
    no_answer: bool
    confidence: float
    answerability: float

    @property
    def right(self) -> bool:
        """Whether an answer shares enough with an accepted one or, where there is none, the reader said so."""
        return self.f1 >= RIGHT if self.gold else self.no_answer


def judge(
    question: Question, prediction: str, *, no_answer: bool, confidence: float, answerability: float, rule: Rule
) -> Judgement:
    """Compare what a reader said with the accepted answers."""
    return Judgement(
        id=question.id,
        question=question.text,
        gold=question.accepted,
        prediction=prediction,
        exact_match=score_exact_match(prediction, question.accepted, rule=rule),
        f1=score_f1(prediction, question.accepted, rule=rule),
        no_answer=no_answer,
        confidence=confidence,
        answerability=answerability,
    )


def measure_confidence(judgements: Sequence[Judgement]) -> Figures:
    """Return the expected calibration error and the risk over coverage, by `Judgement.right`.

    Where a reader may say that there is no answer, its confidence is the probability that what it said is right; only
    then do these figures mean anything.
    """
    confidence = [judgement.confidence for judgement in judgements]
    right = [judgement.right for judgement in judgements]
    curve = risk_coverage(confidence, right)
    return {
        "expected_calibration_error": measure_calibration_error(confidence, right),
        "risk_coverage_area": curve.area,
        "risk_at_coverage": {str(coverage): curve.risk_at(coverage) for coverage in COVERAGES},
    }

"""What a reader returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer: `text` is the document's own slice `start:end` (code points).

    `probability` is the joint probability of the span over all passages read, "no answer" included;
    `score` is its unnormalised logit sum.
    """

    document_id: str
    start: int
    end: int
    text: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of reading passages for one question.

    `spans` are the n best, best first, never overlapping. `no_answer` is true when the calibrated probability
    that the passages hold no answer is above the threshold; `confidence` is the calibrated probability that the
    best span is right (when `no_answer`, that there is none); `answerability` is a score for "an answer is there",
    comparable between questions (larger: more likely there). `passage_scores` holds one score a passage, in the
    order they were given: the best answer probability found in it.
    """

    question: str
    spans: tuple[Span, ...]
    no_answer: bool
    confidence: float
    answerability: float
    passage_scores: tuple[float, ...]

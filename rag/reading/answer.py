"""What a reader returns."""

from __future__ import annotations

from dataclasses import dataclass

from rag.reading.citations import strip_citations

UNANSWERABLE = -100.0
"""Answerability where there is nothing to read."""


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer: `text` is the document's own slice `start:end` (code points).

    `probability` is the joint probability of the span over all passages read, "no answer" included;
    `score` is its unnormalised logit sum. For a generated answer a span is a sentence of the passages: `score` says how
    far it supports the answer, `probability` is its share of all support, times the probability of an answer.
    """

    document_id: str
    start: int
    end: int
    text: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Marker:
    """The number of a passage cited in a generated answer: `start:end` are its digits in the answer's text.

    `passage` is the index of the passage; `span` its sentence that supports what the marker follows.
    """

    start: int
    end: int
    passage: int
    span: Span


@dataclass(frozen=True, slots=True)
class Generated:
    """An answer in a model's own words; `text` is as it was written, citations such as "[1]" included."""

    text: str
    markers: tuple[Marker, ...] = ()

    @property
    def plain(self) -> str:
        """The text without its citations."""
        return strip_citations(self.text)


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of reading passages for one question.

    `spans` are the n best, best first, never overlapping. `no_answer` is true when the calibrated probability
    that the passages hold no answer is above the threshold; `confidence` is the calibrated probability that the
    best span is right (when `no_answer`, that there is none); `answerability` are log-odds for "an answer is there",
    comparable between questions: calibrated, if the model is. `passage_scores` holds one score a passage, in the
    order they were given: the best answer probability found in it. `generated` is what a generative reader wrote, its
    refusal too; `spans` are then the sentences that support it best, those it cites first.
    """

    question: str
    spans: tuple[Span, ...]
    no_answer: bool
    confidence: float
    answerability: float
    passage_scores: tuple[float, ...]
    generated: Generated | None = None

    @property
    def text(self) -> str:
        """The best answer, whether it is given or not; empty where nothing was read."""
        if self.generated is not None:
            return self.generated.plain
        return self.spans[0].text if self.spans else ""

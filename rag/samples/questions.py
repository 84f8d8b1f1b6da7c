"""Questions on the sample documents, with the spans that answer them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Paraphrase = Literal["low", "medium", "high"]
Kind = Literal["number", "date", "person", "place", "term", "condition", "reason", "list"]


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """An accepted span: `text` stands at `start`, in code points of the document's canonical text."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset just past the span."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A question as a person at work would ask it.

    `document` is the file name of the sample that was asked about. `answers` holds every accepted span, the main one
    first, and is empty when no sample document answers the question. `paraphrase` says how far the wording is from
    the document's; `kind` is what is asked for, where "person" covers departments and firms and "date" times of day.
    """

    id: str
    document: str
    question: str
    answers: tuple[SampleAnswer, ...]
    paraphrase: Paraphrase
    kind: Kind


def load_sample_questions() -> list[SampleQuestion]:
    """Read all questions, document by document, those without an answer last in each."""
    with Path(__file__).with_name("questions.jsonl").open(encoding="utf-8") as lines:
        return [_build_question(json.loads(line)) for line in lines]


def _build_question(record: dict[str, Any]) -> SampleQuestion:
    answers = tuple(SampleAnswer(answer["text"], answer["answer_start"]) for answer in record["answers"])
    return SampleQuestion(
        id=record["id"],
        document=record["document"],
        question=record["question"],
        answers=answers,
        paraphrase=record["paraphrase"],
        kind=record["kind"],
    )

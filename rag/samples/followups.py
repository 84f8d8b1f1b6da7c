"""Questions that carry on a conversation about the sample documents, and what they mean in full."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.samples.questions import SampleAnswer


@dataclass(frozen=True, slots=True)
class SampleFollowup:
    """A question that most often means nothing without `history`, pairs of question and answer, oldest first.

    `standalone` says it in full; some change the subject and stand alone as they are. `document` and `answers` are
    those of a `SampleQuestion`.
    """

    id: str
    document: str
    history: tuple[tuple[str, str], ...]
    question: str
    standalone: str
    answers: tuple[SampleAnswer, ...]


def load_sample_followups() -> list[SampleFollowup]:
    """Read all of them, document by document."""
    with Path(__file__).with_name("followups.jsonl").open(encoding="utf-8") as lines:
        return [_build_followup(json.loads(line)) for line in lines]


def _build_followup(record: dict[str, Any]) -> SampleFollowup:
    return SampleFollowup(
        id=record["id"],
        document=record["document"],
        history=tuple((turn["question"], turn["answer"]) for turn in record["history"]),
        question=record["question"],
        standalone=record["standalone"],
        answers=tuple(SampleAnswer(answer["text"], answer["answer_start"]) for answer in record["answers"]),
    )

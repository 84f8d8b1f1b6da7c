"""A reader that gives the answers it was told to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.reading.answer import Reading, Span
from rag.retrieval.hit import Passage


class FakeReader:
    """Finds, for each question, the first of the texts it was told to look for that stands in a passage.

    `answerability` says how sure it is; below 0 it says that there is no answer. `confidence` is 0.75 unless told.
    `seen` keeps what it was given.
    """

    name = "fake"
    fingerprint = "fake"

    def __init__(
        self,
        answers: Mapping[str, str],
        answerability: Mapping[str, float] | None = None,
        confidence: Mapping[str, float] | None = None,
    ) -> None:
        self.answers = answers
        self.answerability = answerability or {}
        self.confidence = confidence or {}
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def read(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Reading:
        self.seen.append((question, tuple(passage.text for passage in passages)))
        sure = self.answerability.get(question, 1.0)
        wanted = self.answers.get(question, "")
        spans = tuple(
            Span(passage.document_id, passage.start + at, passage.start + at + len(wanted), wanted, sure, 0.5)
            for passage in passages
            if wanted and (at := passage.text.find(wanted)) >= 0
        )
        no_answer = sure < 0 or not spans
        return Reading(
            question, spans[:n], no_answer, self.confidence.get(question, 0.75), sure, (0.5,) * len(passages)
        )

"""Follow-up questions with the conversation before them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.errors import DatasetError
from rag.evaluation.datasets.dataset import Dataset, GoldAnswer, Question
from rag.evaluation.datasets.lines import read_lines, take_field
from rag.evaluation.datasets.long_documents import load_documents
from rag.evaluation.datasets.question_record import build_question, find_document
from rag.samples import load_sample_followups, load_sample_paths


@dataclass(frozen=True, slots=True)
class Followup:
    """A question as asked, after `history` (questions and answers, oldest first), and what it means in full."""

    question: Question
    history: tuple[tuple[str, str], ...]
    standalone: str


@dataclass(frozen=True, slots=True)
class FollowupDataset:
    """Follow-up questions and, by id, the documents they are asked about."""

    documents: Mapping[str, Document]
    followups: tuple[Followup, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of documents, questions and conversations, 16 hexadecimal digits."""
        digest = hashlib.sha256()
        asked = Dataset(self.documents, tuple(followup.question for followup in self.followups))
        digest.update(asked.fingerprint.encode())
        for followup in self.followups:
            digest.update(json.dumps((followup.history, followup.standalone)).encode() + b"\0")
        return digest.hexdigest()[:16]


def load_followups(docs: Path, followups: Path) -> FollowupDataset:
    """Load documents, as `load_long_documents` does, and JSON lines of follow-up questions on them.

    A line is {"id", "doc_id", "history": [{"question", "answer"}], "question", "standalone", "answers"}, answers as in
    `load_long_documents`; "standalone" may be left out.

    Raises:
        DatasetError: A file cannot be read or a line is not in the format; the message names the line.
    """
    documents = load_documents(docs)
    loaded: list[Followup] = []
    for place, line in read_lines(followups):
        question = build_question(line, find_document(line, documents, docs, place), 0, place)
        turns = take_field(line, "history", list, place)
        history = tuple(_build_turn(turn, f"{place}.history[{number}]") for number, turn in enumerate(turns))
        if not history:
            raise DatasetError(f"{place}: expected at least one turn in 'history', found none; ask it with questions")
        loaded.append(Followup(question, history, str(line.get("standalone", ""))))
    return FollowupDataset({document.id: document for document in documents.values()}, tuple(loaded))


def load_sample_conversations() -> FollowupDataset:
    """Load the sample documents and the follow-up questions on them that come with the package."""
    documents = {path.name: load_document(path) for path in load_sample_paths()}
    followups = tuple(
        Followup(
            Question(
                id=sample.id,
                document_id=documents[sample.document].id,
                text=sample.question,
                answers=tuple(GoldAnswer(answer.text, answer.start) for answer in sample.answers),
            ),
            sample.history,
            sample.standalone,
        )
        for sample in load_sample_followups()
    )
    return FollowupDataset({document.id: document for document in documents.values()}, followups)


def _build_turn(turn: Any, place: str) -> tuple[str, str]:
    return take_field(turn, "question", str, place), take_field(turn, "answer", str, place)

"""Questions with known answers, and the documents they are asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from rag.documents.document import Document


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """An accepted answer; `text == document.text[start:end]`."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one document; without answers it is unanswerable.

    `kind` says what is asked for, `paraphrase` how far the wording is from the document's ("low", "medium", "high");
    both are empty where the file does not say.
    """

    id: str
    document_id: str
    text: str
    answers: tuple[GoldAnswer, ...]
    kind: str = ""
    paraphrase: str = ""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Texts of the accepted answers."""
        return tuple(answer.text for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions and, by id, the documents they are asked about."""

    documents: Mapping[str, Document]
    questions: tuple[Question, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of all that an evaluation takes from it; see `fingerprint_dataset`."""
        return fingerprint_dataset(self)


def fingerprint_dataset(dataset: Dataset) -> str:
    """Hash documents (ids, titles, texts, anchors) and questions, in their order, into 16 hexadecimal digits.

    Equal fingerprints give equal rows; where the files lie, and what they were packed with, does not count.
    """
    digest = hashlib.sha256()
    for key, document in dataset.documents.items():
        entry = (key, document.title, document.text, [astuple(anchor) for anchor in document.anchors])
        digest.update(json.dumps(entry).encode() + b"\0")
    for question in dataset.questions:
        digest.update(json.dumps(astuple(question)).encode() + b"\0")
    return digest.hexdigest()[:16]

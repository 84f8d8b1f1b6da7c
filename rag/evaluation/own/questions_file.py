"""Made questions as JSON lines that a person can read, correct and give back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.datasets import load_questions
from rag.evaluation.own.making import OwnQuestion

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.evaluation.datasets import Question
    from rag.library.library import Library

QUESTIONS_FILE = "questions.jsonl"


def write_questions(questions: Sequence[OwnQuestion], documents: Iterable[Document]) -> str:
    """Return one JSON object a line, in the format of `rag.evaluation.datasets.load_questions`.

    Title and sentence stand beside the question for the person who reads it; what is read in again is the rest.
    """
    by_id = {document.id: document for document in documents}
    return "".join(_write(each, by_id[each.question.document_id]) for each in questions)


def read_questions(path: Path, library: Library) -> list[OwnQuestion]:
    """Read questions about the documents of a library, which they call by their ids.

    Raises:
        DatasetError: The file cannot be read, is not in the format or holds no question.
    """
    documents = {entry.id: library.document(entry.id) for entry in library.documents()}
    questions = load_questions(path, documents, where=f"the library {library.folder}")
    if not questions:
        raise DatasetError(f"{path}: expected at least one question, found none; make some: leave out --questions")
    return [OwnQuestion(question, _place(question), None) for question in questions]


def _write(each: OwnQuestion, document: Document) -> str:
    question = each.question
    content = {
        "id": question.id,
        "doc_id": question.document_id,
        "question": question.text,
        "answers": [{"text": answer.text, "answer_start": answer.start} for answer in question.answers],
        "kind": question.kind,
        "title": document.title,
        "sentence": document.text[slice(*each.sentence)],
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _place(question: Question) -> tuple[int, int]:
    return (question.answers[0].start, question.answers[0].end) if question.answers else (0, 0)

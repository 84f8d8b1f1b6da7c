"""Made questions as JSON lines that a person can read, correct and give back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import DatasetError
from rag.evaluation.datasets.lines import read_lines, take_field
from rag.evaluation.datasets.question_record import build_question
from rag.evaluation.own.making import OwnQuestion

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.evaluation.datasets import Question
    from rag.library.library import Library

QUESTIONS_FILE = "questions.jsonl"


def write_questions(questions: Sequence[OwnQuestion], documents: Iterable[Document]) -> str:
    """Return one JSON object a line, in the format of `rag.evaluation.datasets.load_long_documents`.

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
    questions = [_read(line, documents, place, library.folder) for place, line in read_lines(path)]
    if not questions:
        raise DatasetError(f"{path}: expected at least one question, found none; make some: leave out --questions")
    return [OwnQuestion(question, _place(question), None) for question in questions]


def _read(line: Any, documents: Mapping[str, Document], place: str, folder: Path) -> Question:
    name = take_field(line, "doc_id", str, place)
    if name not in documents:
        raise DatasetError(
            f"{place}: doc_id {name!r} is not in the library {folder}; expected an id that rag documents lists: "
            "a document that has changed has another, make new questions"
        )
    return build_question(line, documents[name], 0, place)


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

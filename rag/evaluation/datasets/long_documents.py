"""Long documents, from JSON lines or files of any format, and the questions asked about them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rag.documents import loading
from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document, build_document_id
from rag.documents.unpacking import Unread
from rag.errors import DatasetError, DocumentError
from rag.evaluation.datasets.csv_questions import is_csv, load_csv_questions
from rag.evaluation.datasets.dataset import Dataset
from rag.evaluation.datasets.lines import read_lines, take_field
from rag.evaluation.datasets.question_record import build_question, find_document

JSON_LINES = (".jsonl", ".jsonl.xz")


def load_long_documents(docs: Path, questions: Path) -> Dataset:
    """Load documents and the questions asked about them.

    `docs` are as `load_documents` takes them. In `questions.jsonl` (or .xz) a question is {"id", "doc_id", "question",
    "answers": [{"text", "answer_start"}]}, with "kind" and "paraphrase" if they are known; offsets are code points.
    CSV is read as `load_csv_questions` says.

    Raises:
        DatasetError: A file cannot be read or a line is not in the format; the message names the line.
    """
    documents = load_documents(docs)
    asked = (
        load_csv_questions(questions, documents, docs)
        if is_csv(questions)
        else tuple(
            build_question(line, find_document(line, documents, docs, place), 0, place)
            for place, line in read_lines(questions)
        )
    )
    return Dataset({document.id: document for document in documents.values()}, asked)


def load_documents(docs: Path) -> dict[str, Document]:
    """Load documents by the names that questions call them by.

    Args:
        docs: `docs.jsonl` (or .xz) of {"id", "title", "text"}, named by their ids; or a file or folder of any format
            that a library takes in, named by file name, those of an archive by its name, "!/" and their own.

    Raises:
        DatasetError: A file cannot be read, a line is not in the format, or two documents have one name.
    """
    if docs.name.endswith(JSON_LINES):
        return _load_lines(docs)
    try:
        files = loading.find_files([docs])
    except DocumentError as error:
        raise DatasetError(str(error)) from error
    names = Counter(file.name for file in files)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise DatasetError(
            f"{docs}: holds {names[twice[0]]} files called {twice[0]!r}; expected one of a name: rename one"
        )
    documents: dict[str, Document] = {}
    for file in files:
        for found in loading.load_documents(file):
            if isinstance(found, Unread):
                raise DatasetError(found.error)
            if isinstance(found, Document):
                member = found.source.removeprefix(str(file.resolve()))
                documents[file.name + member] = found
    return documents


def _load_lines(docs: Path) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for place, line in read_lines(docs):
        name, text = take_field(line, "id", str, place), take_field(line, "text", str, place)
        if name in documents:
            raise DatasetError(f"{place}: id {name!r} stands on an earlier line too; expected one document an id")
        title = take_field(line, "title", str, place)
        headings = tuple(find_heading_anchors(text))
        documents[name] = Document(build_document_id(name, text), title, text, source=name, anchors=headings)
    return documents

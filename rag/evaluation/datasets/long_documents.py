"""Long documents and the questions asked about them, as JSON lines."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document, build_document_id
from rag.errors import DatasetError
from rag.evaluation.datasets.dataset import Dataset, Question
from rag.evaluation.datasets.lines import read_lines, take_field
from rag.evaluation.datasets.question_record import build_question


def load_long_documents(docs: Path, questions: Path) -> Dataset:
    """Load `docs.jsonl` ({"id", "title", "text"} a line) and the `questions.jsonl` asked about them.

    A question is {"id", "doc_id", "question", "answers": [{"text", "answer_start"}]}, with "kind" and "paraphrase" if
    they are known; offsets are code points.

    Raises:
        DatasetError: A file cannot be read or a line is not in the format; the message names the line.
    """
    documents: dict[str, Document] = {}
    ids: dict[str, str] = {}
    for place, line in read_lines(docs):
        name, text = take_field(line, "id", str, place), take_field(line, "text", str, place)
        if name in ids:
            raise DatasetError(f"{place}: id {name!r} stands on an earlier line too; expected one document an id")
        title = take_field(line, "title", str, place)
        headings = tuple(find_heading_anchors(text))
        document = Document(build_document_id(name, text), title, text, source=name, anchors=headings)
        documents[document.id] = document
        ids[name] = document.id
    asked: list[Question] = []
    for place, line in read_lines(questions):
        name = take_field(line, "doc_id", str, place)
        if name not in ids:
            some = ", ".join(islice(ids, 5))
            raise DatasetError(f"{place}: doc_id {name!r} is not in {docs}; expected one of its ids, such as {some}")
        asked.append(build_question(line, documents[ids[name]], 0, place))
    return Dataset(documents, tuple(asked))

"""SQuAD JSON, JaQuAD and JSQuAD among it: every paragraph is a document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.documents.document import Document, build_document_id
from rag.errors import DatasetError
from rag.evaluation.datasets.dataset import Dataset, Question
from rag.evaluation.datasets.lines import read_text, take_field
from rag.evaluation.datasets.question_record import build_question

# JSQuAD puts the title of the article before the paragraph, with the separator of one tokenizer between the two.
TITLE_MARK = " [SEP] "


def load_squad(paths: Sequence[Path]) -> Dataset:
    """Load SQuAD JSON files; every paragraph is a document of its own, equal paragraphs are one.

    A paragraph that begins with its title and " [SEP] ", as those of JSQuAD do, gets the title as its first line:
    the mark is no text anybody wrote, but one JSQuAD question in eight has an accepted answer in the title.

    Raises:
        DatasetError: A file cannot be read or is not in the format; the message names the place.
    """
    documents: dict[str, Document] = {}
    questions: list[Question] = []
    for path in paths:
        try:
            content = json.loads(read_text(path))
        except ValueError as error:
            raise DatasetError(f"{path}: expected SQuAD JSON, found {error}; give JSON lines as --docs") from error
        for place, title, paragraph in _walk(path, content):
            document, shift = _build_paragraph(title, take_field(paragraph, "context", str, place))
            documents.setdefault(document.id, document)
            entries = take_field(paragraph, "qas", list, place)
            questions += [
                build_question(entry, document, shift, f"{place}.qas[{number}]") for number, entry in enumerate(entries)
            ]
    return Dataset(documents, tuple(questions))


def _walk(path: Path, content: object) -> Iterator[tuple[str, str, Any]]:
    """Yield place, article title and paragraph of every paragraph of a SQuAD file."""
    for number, article in enumerate(take_field(content, "data", list, str(path))):
        place = f"{path}: data[{number}]"
        paragraphs = take_field(article, "paragraphs", list, place)
        title = article.get("title", "")
        for index, paragraph in enumerate(paragraphs):
            yield f"{place}.paragraphs[{index}]", str(title), paragraph


def _build_paragraph(title: str, context: str) -> tuple[Document, int]:
    """Return the paragraph as a document, and how far its text stands before the same text in `context`."""
    head, mark, body = context.partition(TITLE_MARK)
    marked = bool(mark) and "\n" not in head
    text = f"{head}\n{body}" if marked else context
    key = build_document_id("paragraph", text)
    return Document(key, title, text, source=f"paragraph:{key}"), len(context) - len(text)

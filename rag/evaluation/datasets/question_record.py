"""A question as SQuAD files and JSON lines write it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.datasets.dataset import GoldAnswer, Question
from rag.evaluation.datasets.lines import take_field


def build_question(entry: Any, document: Document, shift: int, place: str) -> Question:
    """Build the question of a record {"id", "question", "answers": [{"text", "answer_start"}]}.

    Args:
        entry: The record.
        document: What is asked about.
        shift: How far the document's body stands before the same text in the file.
        place: What messages call the record.

    Raises:
        DatasetError: A field is missing, or an answer does not stand where it should.
    """
    answers: list[GoldAnswer] = []
    given = take_field(entry, "answers", list, place)
    # SQuAD 2.0 marks some questions as impossible; what stands beside the mark is no accepted answer.
    for number, answer in enumerate([] if entry.get("is_impossible") else given):
        where = f"{place}.answers[{number}]"
        text, start = take_field(answer, "text", str, where), take_field(answer, "answer_start", int, where)
        # What stands before the title mark does not move.
        if start >= document.text.find("\n") + 1 + shift:
            start -= shift
        if not text or document.text[start : start + len(text)] != text:
            found = document.text[max(start, 0) : start + len(text)]
            raise DatasetError(
                f"{where}: expected the answer {text!r} at answer_start, found {found!r}; count code points from 0"
            )
        answers.append(GoldAnswer(text, start))
    return Question(
        id=str(take_field(entry, "id", (str, int), place)),
        document_id=document.id,
        text=take_field(entry, "question", str, place),
        answers=tuple(answers),
        kind=str(entry.get("kind", "")),
        paraphrase=str(entry.get("paraphrase", "")),
    )


def find_document(record: Any, documents: Mapping[str, Document], docs: Path, place: str) -> Document:
    """Return the document that a record names as "doc_id" or "document".

    Raises:
        DatasetError: It names none, or one that is not there.
    """
    key = "document" if isinstance(record, Mapping) and "document" in record else "doc_id"
    name = take_field(record, key, str, place)
    if name not in documents:
        some = ", ".join(islice(documents, 5))
        raise DatasetError(f"{place}: {key} {name!r} is not in {docs}; expected one of its ids, such as {some}")
    return documents[name]

"""A question as SQuAD files and JSON lines write it."""

from __future__ import annotations

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

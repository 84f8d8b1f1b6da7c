"""Questions as a table, as people write them in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from rag.documents.document import Document
from rag.documents.encoding import decode
from rag.errors import DatasetError, DocumentError
from rag.evaluation.datasets.dataset import GoldAnswer, Question
from rag.evaluation.datasets.lines import read_bytes
from rag.evaluation.datasets.question_record import find_document

SEPARATOR = "|"
"""Between several accepted answers in one cell of the column answers."""
COLUMNS = {
    "id": "id",
    "番号": "id",
    "document": "document",
    "doc_id": "document",
    "文書": "document",
    "question": "question",
    "質問": "question",
    "answer": "answer",
    "answers": "answers",
    "答え": "answers",
    "回答": "answers",
    "context": "context",
    "箇所": "context",
    "kind": "kind",
    "paraphrase": "paraphrase",
}
"""Headings of columns that are known."""
NEEDED = ("document", "question")


def is_csv(path: Path) -> bool:
    """Whether a file is read as a table of questions: .csv, or .csv.xz."""
    return path.name.lower().endswith((".csv", ".csv.xz"))


def load_csv_questions(path: Path, documents: Mapping[str, Document], docs: Path) -> tuple[Question, ...]:
    """Load a table of questions in any encoding used for Japanese.

    Columns are `document` (or `doc_id`), `question`, and `answer` or `answers`, in which `|` parts several; `id`,
    `kind` and `paraphrase` may stand beside them. An answer is looked for in its document and has to stand there once:
    of one that stands there several times, the column `context` gives a passage around it that does not. No answer
    means that the document holds none. Other columns are passed over.

    Args:
        path: The table.
        documents: By the names in the column `document`.
        docs: Where they come from, for messages.

    Raises:
        DatasetError: The file cannot be read, a column is missing, or a row is not in the format; the message names
            the line.
    """
    questions: list[Question] = []
    places: dict[str, str] = {}
    for place, row in _read_rows(path):
        document = find_document(row, documents, docs, place)
        name = row.get("id", "") or f"{path.name}:{place.rpartition(':')[2]}"
        if name in places:
            raise DatasetError(f"{place}: id {name!r} stands in {places[name]} too; expected another for each question")
        places[name] = place
        if not row["question"]:
            raise DatasetError(f"{place}: the question is empty; write one, or take the row out")
        texts = [row["answer"]] if row.get("answer") else row.get("answers", "").split(SEPARATOR)
        answers = tuple(
            _locate(text.strip(), row.get("context", ""), document, place) for text in texts if text.strip()
        )
        questions.append(
            Question(name, document.id, row["question"], answers, row.get("kind", ""), row.get("paraphrase", ""))
        )
    return tuple(questions)


def _read_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield place and known columns of every row that is not blank."""
    try:
        text = decode(read_bytes(path)).text
    except DocumentError as error:
        raise DatasetError(f"{path}: {error}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] = []
    line = 1
    try:
        for cells in reader:
            place, line = f"{path}:{line}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [COLUMNS.get(cell.strip().lower(), "") for cell in cells]
                _check_columns(names, cells, place)
                continue
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
            yield place, {**dict.fromkeys(NEEDED, ""), **row}
    except csv.Error as error:
        raise DatasetError(
            f"{path}:{reader.line_num}: expected CSV, found {error}; save the table as CSV anew"
        ) from error


def _check_columns(names: list[str], cells: list[str], place: str) -> None:
    missing = [name for name in NEEDED if name not in names]
    missing += [] if "answer" in names or "answers" in names else ["answer"]
    if missing:
        raise DatasetError(
            f"{place}: expected columns document, question and answer (or answers), found {', '.join(cells)}; "
            f"add {', '.join(missing)}"
        )


def _locate(answer: str, context: str, document: Document, place: str) -> GoldAnswer:
    """Find the one place of an answer in its document, or in the passage around it."""
    start = 0
    text = document.text
    if context:
        start = _find_once(context, text, f"{place}: context", "give a passage as it stands there, once")
        text = context
    return GoldAnswer(answer, start + _find_once(answer, text, f"{place}: answer", "say which in the column context"))


def _find_once(wanted: str, text: str, what: str, remedy: str) -> int:
    start = text.find(wanted)
    if start < 0:
        raise DatasetError(f"{what} {wanted!r:.60} does not stand in the document; write it as it stands there")
    if text.find(wanted, start + 1) >= 0:
        raise DatasetError(f"{what} {wanted!r:.60} stands in the document {text.count(wanted)} times; {remedy}")
    return start

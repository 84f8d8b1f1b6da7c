"""Questions with known answers: SQuAD JSON, the samples, and long documents with their questions as JSON lines.

All become the same records: documents, and questions that name the document and the places of their answers. Files
may be packed with xz (`.json.xz`, `.jsonl.xz`).
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document, build_document_id
from rag.documents.loading import load_document
from rag.errors import DatasetError
from rag.samples import load_sample_paths, load_sample_questions

# JSQuAD puts the title of the article before the paragraph, with the separator of one tokenizer between the two.
TITLE_MARK = " [SEP] "


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
            content = json.loads(_read(path))
        except ValueError as error:
            raise DatasetError(f"{path}: expected SQuAD JSON, found {error}; give JSON lines as --docs") from error
        for place, title, paragraph in _walk(path, content):
            document, shift = _build_paragraph(title, _take(paragraph, "context", str, place))
            documents.setdefault(document.id, document)
            entries = _take(paragraph, "qas", list, place)
            questions += [
                _build_question(entry, document, shift, f"{place}.qas[{number}]")
                for number, entry in enumerate(entries)
            ]
    return Dataset(documents, tuple(questions))


def load_samples() -> Dataset:
    """Load the sample documents and the questions on them that come with the package."""
    documents = {path.name: load_document(path) for path in load_sample_paths()}
    questions = tuple(
        Question(
            id=sample.id,
            document_id=documents[sample.document].id,
            text=sample.question,
            answers=tuple(GoldAnswer(answer.text, answer.start) for answer in sample.answers),
            kind=sample.kind,
            paraphrase=sample.paraphrase,
        )
        for sample in load_sample_questions()
    )
    return Dataset({document.id: document for document in documents.values()}, questions)


def load_long_documents(docs: Path, questions: Path) -> Dataset:
    """Load `docs.jsonl` ({"id", "title", "text"} a line) and the `questions.jsonl` asked about them.

    A question is {"id", "doc_id", "question", "answers": [{"text", "answer_start"}]}, with "kind" and "paraphrase" if
    they are known; offsets are code points.

    Raises:
        DatasetError: A file cannot be read or a line is not in the format; the message names the line.
    """
    documents: dict[str, Document] = {}
    ids: dict[str, str] = {}
    for place, line in _read_lines(docs):
        name, text = _take(line, "id", str, place), _take(line, "text", str, place)
        if name in ids:
            raise DatasetError(f"{place}: id {name!r} stands on an earlier line too; expected one document an id")
        title = _take(line, "title", str, place)
        headings = tuple(find_heading_anchors(text))
        document = Document(build_document_id(name, text), title, text, source=name, anchors=headings)
        documents[document.id] = document
        ids[name] = document.id
    asked: list[Question] = []
    for place, line in _read_lines(questions):
        name = _take(line, "doc_id", str, place)
        if name not in ids:
            some = ", ".join(islice(ids, 5))
            raise DatasetError(f"{place}: doc_id {name!r} is not in {docs}; expected one of its ids, such as {some}")
        asked.append(_build_question(line, documents[ids[name]], 0, place))
    return Dataset(documents, tuple(asked))


def _walk(path: Path, content: object) -> Iterator[tuple[str, str, Any]]:
    """Yield place, article title and paragraph of every paragraph of a SQuAD file."""
    for number, article in enumerate(_take(content, "data", list, str(path))):
        place = f"{path}: data[{number}]"
        paragraphs = _take(article, "paragraphs", list, place)
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


def _build_question(entry: Any, document: Document, shift: int, place: str) -> Question:
    answers: list[GoldAnswer] = []
    given = _take(entry, "answers", list, place)
    # SQuAD 2.0 marks some questions as impossible; what stands beside the mark is no accepted answer.
    for number, answer in enumerate([] if entry.get("is_impossible") else given):
        where = f"{place}.answers[{number}]"
        text, start = _take(answer, "text", str, where), _take(answer, "answer_start", int, where)
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
        id=str(_take(entry, "id", (str, int), place)),
        document_id=document.id,
        text=_take(entry, "question", str, place),
        answers=tuple(answers),
        kind=str(entry.get("kind", "")),
        paraphrase=str(entry.get("paraphrase", "")),
    )


def _take(record: object, key: str, kind: type | tuple[type, ...], place: str) -> Any:
    if not isinstance(record, Mapping) or not isinstance(record.get(key), kind):
        names = kind.__name__ if isinstance(kind, type) else " or ".join(each.__name__ for each in kind)
        found = f"{key!r}: {record[key]!r:.60}" if isinstance(record, Mapping) and key in record else f"{record!r:.60}"
        raise DatasetError(f"{place}: expected an object with {key!r} as {names}, found {found}")
    return record[key]


def _read_lines(path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(_read(path).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            yield place, json.loads(line)
        except ValueError as error:
            raise DatasetError(
                f"{place}: expected one JSON object a line, found {error}; give SQuAD JSON as --squad"
            ) from error


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); give the path of a file") from error
    except lzma.LZMAError as error:
        raise DatasetError(f"{path}: expected a file packed with xz, found something else ({error})") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: expected UTF-8, found byte {error.object[error.start]:#x} at {error.start}"
        ) from error

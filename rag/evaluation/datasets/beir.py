"""Corpora in the layout of BEIR and MTEB: texts, queries, and which text is relevant to which query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.documents.document import Document, build_document_id
from rag.errors import DatasetError
from rag.evaluation.datasets.lines import read_lines, read_text, take_field

HEAD = ("query-id", "corpus-id", "score")
"""First line of a file of judgements."""


@dataclass(frozen=True, slots=True)
class JudgedCorpus:
    """Texts by their id in the corpus, queries by theirs, and grades of relevance by query and text.

    Only queries with a relevant text (a grade above 0) are kept. Texts without any words are left out of `documents`:
    there is nothing in them to find.
    """

    documents: Mapping[str, Document]
    queries: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


def load_beir(folder: Path, *, split: str = "test") -> JudgedCorpus:
    """Load `corpus.jsonl` ({"_id", "title", "text"}), `queries.jsonl` ({"_id", "text"}) and `qrels/SPLIT.tsv`.

    The judgements have the columns query-id, corpus-id and score under a head that says so. Each file may be packed
    with xz. The title of a text, where it has one, becomes its first line.

    Raises:
        DatasetError: A file cannot be read, a line is not in the format, or no query has a relevant text.
    """
    documents, known = _load_corpus(_find(folder / "corpus.jsonl"))
    queries = {
        take_field(line, "_id", str, place): take_field(line, "text", str, place)
        for place, line in read_lines(_find(folder / "queries.jsonl"))
    }
    path = _find(folder / "qrels" / f"{split}.tsv")
    grades = _load_grades(path, queries, known)
    relevant = {query: texts for query, texts in grades.items() if any(grade > 0 for grade in texts.values())}
    if not relevant:
        raise DatasetError(f"{path}: expected a query with a relevant text at least, found none; give another split")
    return JudgedCorpus(documents, {query: queries[query] for query in relevant}, relevant)


def _find(path: Path) -> Path:
    packed = path.with_name(path.name + ".xz")
    return packed if packed.exists() and not path.exists() else path


def _load_corpus(path: Path) -> tuple[dict[str, Document], set[str]]:
    documents: dict[str, Document] = {}
    known: set[str] = set()
    for place, line in read_lines(path):
        name, body = take_field(line, "_id", str, place), take_field(line, "text", str, place)
        if name in known:
            raise DatasetError(f"{place}: _id {name!r} stands on an earlier line too; expected one text an id")
        known.add(name)
        title = str(line.get("title") or "")
        text = f"{title}\n{body}" if title else body
        if text.strip():
            documents[name] = Document(build_document_id(name, text), title or name, text, source=name)
    return documents, known


def _load_grades(path: Path, queries: Mapping[str, str], known: set[str]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and tuple(cells) == HEAD):
            continue
        place = f"{path}:{number}"
        if len(cells) != 3 or not cells[2].strip().lstrip("-").isdecimal():
            raise DatasetError(
                f"{place}: expected query-id, corpus-id and a whole score, parted by tabs, found {line!r:.60}"
            )
        query, text, grade = cells[0], cells[1], int(cells[2])
        if query not in queries or text not in known:
            missing, where = (query, "queries.jsonl") if query not in queries else (text, "corpus.jsonl")
            raise DatasetError(f"{place}: {missing!r} is not in {where}; expected an _id of it: mend the judgements")
        grades.setdefault(query, {})[text] = grade
    return grades

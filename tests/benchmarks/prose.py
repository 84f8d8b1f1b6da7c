"""Documents for benchmarks: from folders, files, and .jsonl or .jsonl.xz with "title" and "text" on each line."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.documents.document import Document, build_document_id
from rag.documents.loading import find_files, load_document


def iterate_documents(paths: Sequence[Path]) -> Iterator[Document]:
    """Yield the documents of all paths, taking turns between the paths, without holding more than one of each."""
    waiting = [_iterate_path(path) for path in paths]
    while waiting:
        for documents in list(waiting):
            document = next(documents, None)
            if document is None:
                waiting.remove(documents)
            else:
                yield document


def take_characters(documents: Iterator[Document], characters: int) -> Iterator[Document]:
    """Yield documents until `characters` are reached; the last one is cut."""
    for document in documents:
        if len(document.text) >= characters:
            text = document.text[:characters]
            if text.strip():
                yield Document(build_document_id(document.source, text), document.title, text, document.source)
            return
        characters -= len(document.text)
        yield document


def _iterate_path(path: Path) -> Iterator[Document]:
    if path.is_file() and ".jsonl" in path.suffixes:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                record = json.loads(line)
                source = f"{path.resolve()}#{number}"
                if record["text"].strip():
                    yield Document(
                        build_document_id(source, record["text"]), record["title"] or source, record["text"], source
                    )
    else:
        for file in find_files([path]):
            yield load_document(file)

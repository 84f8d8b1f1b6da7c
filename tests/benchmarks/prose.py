"""Documents for benchmarks, from folders and files of any format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.documents.document import Document, build_document_id
from rag.documents.loading import find_files, load_documents


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
    for file in find_files([path]):
        yield from (found for found in load_documents(file) if isinstance(found, Document))

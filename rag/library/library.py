"""The library: the one object a program needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.embeddings.encoder import Progress
    from rag.library.records import Answer, DocumentEntry, Turn
    from rag.retrieval.hit import Hit


class Library:
    """Documents on disk that can be searched, asked and explained (signatures first; bodies follow)."""

    @classmethod
    def open(cls, path: str | Path) -> Library:
        """Open or create the library in the folder `path`."""
        raise NotImplementedError

    def add(self, paths: Sequence[str | Path], *, progress: Progress | None = None) -> object:
        """Read files and folders; returns an IngestReport of rag.ingest."""
        raise NotImplementedError

    def search(
        self, question: str, *, k: int = 10, mode: str = "hybrid", documents: Sequence[str] | None = None
    ) -> list[Hit]:
        """Find windows."""
        raise NotImplementedError

    def ask(
        self, question: str, *, history: Sequence[Turn] = (), k: int = 5, documents: Sequence[str] | None = None
    ) -> Answer:
        """Answer a question."""
        raise NotImplementedError

    def explain(self, answer: Answer) -> Answer:
        """Return the answer with its explanation filled in."""
        raise NotImplementedError

    def documents(self) -> list[DocumentEntry]:
        """List the documents."""
        raise NotImplementedError

    def document(self, document_id: str) -> Document:
        """Load one document whole."""
        raise NotImplementedError

    def remove(self, document_id: str) -> None:
        """Remove a document."""
        raise NotImplementedError

    def verify(self) -> list[str]:
        """Check the library; an empty list means clean."""
        raise NotImplementedError

    def close(self) -> None:
        """Release files."""
        raise NotImplementedError

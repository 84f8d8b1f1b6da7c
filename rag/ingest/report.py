"""What becomes of files and documents on their way into a library."""

from __future__ import annotations

from dataclasses import dataclass

from rag.documents.losses import LossEntry
from rag.index.stored_document import Statistics


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, or a member of one (see `rag.documents.container.INSIDE`), that did not go in, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What there is to tell of every run, in `seconds` of time.

    `failed` holds the files that did not go in, in the order given; `totals` count the whole library afterwards.
    `losses` says for each document that was read, and each container, what of it did not come in, where anything did
    not.
    """

    failed: tuple[Failure, ...]
    totals: Statistics
    seconds: float
    losses: tuple[LossEntry, ...] = ()

    @property
    def documents(self) -> int:
        """Documents in the library."""
        return self.totals.documents

    @property
    def chunks(self) -> int:
        """Windows in the library."""
        return self.totals.chunks

    @property
    def characters(self) -> int:
        """Code points of all documents in the library."""
        return self.totals.characters


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport(RunReport):
    """What became of the documents, by id; `removed` are those whose members are gone from their container."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...] = ()

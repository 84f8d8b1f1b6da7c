"""Bring documents into a library: read, cut into windows, embed, store; one document at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from rag.chunks.chunk import Chunk
from rag.chunks.context import Context, build_contexts, write_windowing
from rag.chunks.windows import Unit, build_windows
from rag.documents.document import Document
from rag.documents.loading import find_files, load_document
from rag.embeddings.encoder import Encoder, Vectors
from rag.errors import DocumentError, RagError
from rag.index.library_index import LibraryIndex

logger = logging.getLogger(__name__)

Stage = Literal["read", "embed", "store", "done"]

_STAGE_NAMES: dict[Stage, str] = {
    "read": "読み取り / reading",
    "embed": "埋め込み / embedding",
    "store": "保存 / storing",
    "done": "完了 / done",
}
_WINDOWS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not go in, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the documents.

    `added`, `updated` and `unchanged` hold document ids, `failed` the files that did not go in, in the order given;
    `documents`, `chunks` and `characters` count the whole library afterwards.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[Failure, ...]
    documents: int
    chunks: int
    characters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class IngestStep:
    """Where ingestion stands: `done` of `total` documents, and what is being done to the one at `path`.

    `characters` counts the characters of the documents begun so far; while embedding, `windows_done` of `windows_total`
    windows of this document have their vectors. `total` is 0 while it is not known.
    """

    stage: Stage
    path: str
    done: int
    total: int
    characters: int
    windows_done: int = 0
    windows_total: int = 0

    def describe(self) -> str:
        """Say it in a few words for a progress bar."""
        windows = f" {self.windows_done}/{self.windows_total}" if self.stage == "embed" else ""
        return f"{_STAGE_NAMES[self.stage]} {Path(self.path).name}{windows}"


IngestProgress = Callable[[IngestStep], None]


def ingest(
    paths: Sequence[str | Path],
    *,
    index: LibraryIndex,
    encoder: Encoder,
    size: int,
    stride: int,
    unit: Unit = "characters",
    context: Context = "none",
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Read files, and folders with all below them, into a library.

    A file that cannot be read is reported and the others still go in. What a document replaces goes in the same
    transaction in which it comes, so an interruption leaves every document whole, old or new. A library has windows of
    one kind: documents that were cut otherwise are cut anew, from the text the library holds, and count as updated.
    What `context` names is embedded and indexed before each window; a context too long for the encoder is not embedded.

    Raises:
        ArgumentError: `size` and `stride` cannot be.
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    run = _Run(index, encoder, size, stride, unit, context, progress)
    files = _find_files(paths)
    run.total = len(files)
    for file, failure in files.items():
        with run.keeping_on(str(file)):
            if failure is not None:
                raise failure
            run.report("read", str(file))
            run.add(load_document(file))
    return run.finish()


def ingest_documents(
    documents: Iterable[Document],
    *,
    index: LibraryIndex,
    encoder: Encoder,
    size: int,
    stride: int,
    unit: Unit = "characters",
    context: Context = "none",
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Bring documents that are already in memory into a library; as `ingest` otherwise."""
    run = _Run(index, encoder, size, stride, unit, context, progress)
    run.total = len(documents) if isinstance(documents, Sequence) else 0
    for document in documents:
        with run.keeping_on(document.source):
            run.add(document)
    return run.finish()


def _find_files(paths: Sequence[str | Path]) -> dict[Path, DocumentError | None]:
    """Find the files to read, each once, and among them the paths where nothing can be read, with the reason."""
    files: dict[Path, DocumentError | None] = {}
    for path in paths:
        try:
            for file in find_files([Path(path)]):
                files.setdefault(file, None)
        except DocumentError as error:
            files.setdefault(Path(path), error)
    return files


@dataclass(slots=True)
class _Run:
    """One call of `ingest`: what it was given and what it has done so far."""

    index: LibraryIndex
    encoder: Encoder
    size: int
    stride: int
    unit: Unit
    context: Context
    progress: IngestProgress | None
    total: int = 0
    characters: int = 0
    began: float = field(default_factory=time.perf_counter)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    done: int = 0

    @property
    def windowing(self) -> str:
        """How windows are made in this run, as the library writes it down."""
        return write_windowing(self.size, self.stride, self.unit, self.context)

    def add(self, document: Document) -> None:
        """Bring one document in, unless it is there in this very form."""
        self.characters += len(document.text)
        if self.index.holds(document, windowing=self.windowing):
            self.unchanged.append(document.id)
        else:
            known = self.index.find_source(document.source)
            chunks = build_windows(document, size=self.size, stride=self.stride, unit=self.unit, encoder=self.encoder)
            vectors = self._embed(document, chunks)
            self.report("store", document.source)
            self.index.replace_document(document, chunks, vectors, windowing=self.windowing)
            (self.added if known is None else self.updated).append(document.id)

    @contextmanager
    def keeping_on(self, path: str) -> Iterator[None]:
        """Count one document as done, whether it goes in or fails; what would fail for all is passed on."""
        try:
            yield
        except DocumentError as error:
            self.failed.append(Failure(path, str(error)))
        except RagError:
            raise
        except Exception as error:
            logger.exception("%s was not ingested", path)
            self.failed.append(Failure(path, f"{type(error).__name__}: {error}"))
        self.done += 1
        self.report("done", path)

    def report(self, stage: Stage, path: str, *, windows_done: int = 0, windows_total: int = 0) -> None:
        """Tell the caller where things stand."""
        if self.progress is not None:
            self.progress(IngestStep(stage, path, self.done, self.total, self.characters, windows_done, windows_total))

    def finish(self) -> IngestReport:
        """Cut anew what is cut otherwise, save the vector cache and sum up."""
        self._cut_others()
        if self.added or self.updated:
            self.index.save()
        totals = self.index.statistics()
        return IngestReport(
            added=tuple(self.added),
            updated=tuple(self.updated),
            unchanged=tuple(self.unchanged),
            failed=tuple(self.failed),
            documents=totals.documents,
            chunks=totals.chunks,
            characters=totals.characters,
            seconds=time.perf_counter() - self.began,
        )

    def _cut_others(self) -> None:
        others = self.index.find_other_windowing(self.windowing)
        self.total = self.done + len(others)
        for document_id in others:
            document = self.index.load_document(document_id)
            self.add(document)
            self.done += 1
            self.report("done", document.source)

    def _embed(self, document: Document, chunks: Sequence[Chunk]) -> Vectors:
        """Embed the windows piece by piece, so that a huge document needs little more memory than its vectors."""
        vectors = np.empty((len(chunks), self.encoder.dimension), dtype=np.float32)
        contexts = build_contexts(
            [chunk.start for chunk in chunks], title=document.title, anchors=document.anchors, context=self.context
        )
        for first in range(0, len(chunks), _WINDOWS_AT_ONCE):
            last = first + _WINDOWS_AT_ONCE
            piece = [
                self._put_before(context, chunk.text)
                for context, chunk in zip(contexts[first:last], chunks[first:last], strict=True)
            ]

            def tell(done: int, _: int, *, before: int = first) -> None:
                self.report("embed", document.source, windows_done=before + done, windows_total=len(chunks))

            tell(0, len(piece))
            vectors[first : first + len(piece)] = self.encoder.encode_documents(piece, progress=tell)
        return vectors

    def _put_before(self, context: str, text: str) -> str:
        """Put a context before a window, unless the end of the window would be lost to the encoder."""
        joined = f"{context}\n{text}" if context else text
        limit = self.encoder.max_tokens
        return joined if limit is None or len(self.encoder.token_starts(joined)) <= limit else text

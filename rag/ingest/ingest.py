"""Bring documents into a library: read, cut into windows, embed, store; one document at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rag.chunks.chunk import Chunk
from rag.chunks.context import Context, build_contexts, write_windowing
from rag.chunks.windows import Unit, build_windows
from rag.documents.container import INSIDE
from rag.documents.document import Document
from rag.documents.formats import find_container
from rag.documents.loading import find_files, load_documents
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.embeddings.encoder import Encoder, Vectors
from rag.errors import DocumentError, RagError
from rag.index.library_index import LibraryIndex
from rag.index.tags import check_tags
from rag.ingest.changes import KnownFiles
from rag.ingest.embedding import embed_windows

logger = logging.getLogger(__name__)

Stage = Literal["read", "embed", "store", "done"]

_STAGE_NAMES: dict[Stage, str] = {
    "read": "読み取り / reading",
    "embed": "埋め込み / embedding",
    "store": "保存 / storing",
    "done": "完了 / done",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, or a member of one (see `rag.documents.container.INSIDE`), that did not go in, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the documents.

    `added`, `updated` and `unchanged` hold document ids, `failed` the files that did not go in, in the order given;
    `documents`, `chunks` and `characters` count the whole library afterwards. `losses` says for each document that was
    read, and each container, what of it did not come in, where anything did not; `removed` holds the ids of documents
    whose members are gone from their container.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[Failure, ...]
    documents: int
    chunks: int
    characters: int
    seconds: float
    removed: tuple[str, ...] = ()
    losses: tuple[LossEntry, ...] = ()


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
    tags: Mapping[str, str] | None = None,
) -> IngestReport:
    """Read files, and folders with all below them, into a library.

    A file that cannot be read is reported and the others still go in. What a document replaces goes in the same
    transaction in which it comes, so an interruption leaves every document whole, old or new. A library has windows of
    one kind: documents that were cut otherwise are cut anew, from the text the library holds, and count as updated.
    Documents of members that are gone from a container are removed once the whole of it has been read. A file whose
    size and time are as they were is not read, and of a changed document only the windows whose text changed are
    embedded. All documents named get the `tags`. What
    `context` names is embedded and indexed before each window; a context too long for the encoder is not embedded.

    Raises:
        ArgumentError: `size`, `stride` or `tags` cannot be.
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    run = _Run(index, encoder, size, stride, unit, context, progress, check_tags(tags or {}))
    files = find_each_file(paths)
    run.total = len(files)
    known = KnownFiles(index, windowing=run.windowing)
    for file, failure in files.items():
        with run.keeping_on(str(file)):
            if failure is not None:
                raise failure
            run.report("read", str(file))
            run.take_file(file, known)
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
            run.take(document)
    return run.finish()


def find_each_file(paths: Sequence[str | Path]) -> dict[Path, DocumentError | None]:
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
    tags: Mapping[str, str] = field(default_factory=dict)
    total: int = 0
    characters: int = 0
    began: float = field(default_factory=time.perf_counter)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    losses: list[LossEntry] = field(default_factory=list)
    done: int = 0

    @property
    def windowing(self) -> str:
        """How windows are made in this run, as the library writes it down."""
        return write_windowing(self.size, self.stride, self.unit, self.context)

    def take_file(self, path: Path, known: KnownFiles) -> None:
        """Bring in the documents of one file, unless it is as it was; what is lost of them is noted."""
        try:
            look = known.look(path)
        except OSError:
            look = None  # the loader says why
        if look is not None and look.same:
            for each in look.known:
                self.unchanged.append(each.document_id)
                self.index.update_entry(each.document_id, file=look.state, tags=self.tags)
            return
        source = str(path.resolve())
        present: dict[str, str] = {}
        unread: set[str] = set()
        for found in load_documents(path):
            if isinstance(found, LossEntry):
                self.losses.append(found)
            elif isinstance(found, Unread):
                self.failed.append(Failure(found.source, found.error))
                unread.add(found.source)
            elif found.source == source:
                present[found.source] = found.id
                self.take(found)
            else:
                present[found.source] = found.id
                self.total += 1
                with self.keeping_on(found.source):
                    self.take(found)
        if find_container(path.name) is not None:
            self._forget(source, present, unread)
        if look is not None and not unread:  # what could not be read is tried again next time
            settled = look.settled
            for document_id in present.values():
                self.index.update_entry(document_id, file=settled, tags=self.tags)

    def take(self, document: Document) -> None:
        """Bring one document in and note what is lost of it."""
        if not document.losses.is_clean:
            self.losses.append(LossEntry(document.source, document.title, document.losses))
        self.add(document)

    def add(self, document: Document) -> None:
        """Bring one document in, unless it is there in this very form."""
        self.characters += len(document.text)
        if self.index.holds(document, windowing=self.windowing):
            self.unchanged.append(document.id)
        else:
            known = self.index.find_source(document.source)
            chunks = build_windows(document, size=self.size, stride=self.stride, unit=self.unit, encoder=self.encoder)
            vectors = self._embed(document, chunks, earlier=known or document.id)
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
        if self.added or self.updated or self.removed:
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
            removed=tuple(self.removed),
            losses=tuple(self.losses),
        )

    def _forget(self, source: str, present: Collection[str], unread: Collection[str]) -> None:
        """Remove the documents of members that are gone; of what cannot be read now, nobody knows that."""
        for known, document_id in self.index.find_inside(source).items():
            holders = {known[:place] for place in range(len(known)) if known.startswith(INSIDE, place)}
            if known not in present and not {known, *holders}.intersection(unread):
                self.index.remove_document(document_id)
                self.removed.append(document_id)

    def _cut_others(self) -> None:
        others = self.index.find_other_windowing(self.windowing)
        self.total = self.done + len(others)
        for document_id in others:
            document = self.index.load_document(document_id)
            self.add(document)
            self.done += 1
            self.report("done", document.source)

    def _embed(self, document: Document, chunks: Sequence[Chunk], *, earlier: str) -> Vectors:
        """Embed the windows whose text the earlier version of the document does not have."""

        def tell(done: int, total: int) -> None:
            self.report("embed", document.source, windows_done=done, windows_total=total)

        known = self.index.load_window_vectors(earlier)
        contexts = build_contexts(
            [chunk.start for chunk in chunks], title=document.title, anchors=document.anchors, context=self.context
        )
        return embed_windows(chunks, contexts, encoder=self.encoder, known=known, progress=tell)

"""Bring documents into a library, from files or memory, and report what became of each."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from rag.chunks.windows import Unit
from rag.documents.container import INSIDE
from rag.documents.document import Document
from rag.documents.formats import find_container
from rag.documents.loading import find_files
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.embeddings.encoder import Encoder
from rag.errors import DocumentError, RagError
from rag.index.library_index import LibraryIndex
from rag.ingest.file_readers import FileReaders, Found
from rag.ingest.limits import READING_LIMITS, ReadingLimits
from rag.ingest.pipeline import Outcome, Pipeline

logger = logging.getLogger(__name__)

Stage = Literal["read", "embed", "store", "done"]

_STAGE_NAMES: dict[Stage, str] = {
    "read": "読み取り / reading",
    "embed": "埋め込み / embedding",
    "store": "保存 / storing",
    "done": "完了 / done",
}
_READ_AHEAD = 32_000_000
"""Bytes of the largest file that is read before its turn: until then its text is in memory."""


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
    progress: IngestProgress | None = None,
    limits: ReadingLimits = READING_LIMITS,
) -> IngestReport:
    """Read files, and folders with all below them, into a library.

    A file that cannot be read is reported and the others still go in. What a document replaces goes in the same
    transaction in which it comes, so an interruption leaves every document whole, old or new. Much text is read and
    analysed by several processes; what comes of it is the same, in the same order. A library has windows of
    one kind: documents that were cut otherwise are cut anew, from the text the library holds, and count as updated.
    Documents of members that are gone from a container are removed once the whole of it has been read. Files are read
    in other processes within `limits`, so that one which takes all time or memory, or breaks its reader, only fails.

    Raises:
        ArgumentError: `size` and `stride` cannot be.
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    with (
        closing(FileReaders(limits)) as readers,
        _Run(index, encoder, size, stride, unit, progress) as run,
    ):
        files = _find_files(paths)
        run.total = len(files)
        for file, results in _read(files, run.pipeline, readers):
            with run.keeping_on(str(file)):
                run.report("read", str(file))
                run.take_file(file, results())
        return run.finish()


def ingest_documents(
    documents: Iterable[Document],
    *,
    index: LibraryIndex,
    encoder: Encoder,
    size: int,
    stride: int,
    unit: Unit = "characters",
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Bring documents that are already in memory into a library; as `ingest` otherwise."""
    with _Run(index, encoder, size, stride, unit, progress) as run:
        run.total = len(documents) if isinstance(documents, Sequence) else 0
        for document in documents:
            with run.keeping_on(document.source):
                run.take(document)
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


def _read(
    files: Mapping[Path, DocumentError | None], pipeline: Pipeline, readers: FileReaders
) -> Iterator[tuple[Path, Callable[[], Iterator[Found]]]]:
    """Yield each path with what gives the documents there; where there are workers, files are read ahead."""
    waiting: deque[tuple[Path, Callable[[], Iterator[Found]]]] = deque()
    for file, failure in files.items():
        if failure is not None:
            waiting.append((file, partial(_fail, failure)))
        elif _measure(file) > _READ_AHEAD or not pipeline.workers.count:
            waiting.append((file, partial(readers.read, file)))
        else:
            waiting.append((file, readers.start(file)))
        while len(waiting) > pipeline.workers.count:
            yield waiting.popleft()
    yield from waiting


def _measure(file: Path) -> int:
    """Return the size of a file in bytes, 0 where loading will say what is wrong with it."""
    try:
        return file.stat().st_size
    except (OSError, ValueError):
        return 0


def _fail(error: DocumentError) -> Iterator[Found]:
    raise error


class _Run:
    """One call of `ingest`: what it was given and what it has done so far."""

    def __init__(
        self,
        index: LibraryIndex,
        encoder: Encoder,
        size: int,
        stride: int,
        unit: Unit,
        progress: IngestProgress | None,
    ) -> None:
        self.index = index
        self.progress = progress
        self.pipeline = Pipeline(index, encoder, size=size, stride=stride, unit=unit)
        self.total = 0
        self.done = 0
        self.characters = 0
        self.began = time.perf_counter()
        self.added: list[str] = []
        self.updated: list[str] = []
        self.unchanged: list[str] = []
        self.failed: list[Failure] = []
        self.removed: list[str] = []
        self.losses: list[LossEntry] = []

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.close()

    def take_file(self, file: Path, results: Iterator[Found]) -> None:
        """Bring in the documents of one file; what is lost of them is noted."""
        source = str(file.resolve())
        present: set[str] = set()
        unread: set[str] = set()
        is_told = False  # whether the file itself has counted as done
        for found in results:
            if isinstance(found, LossEntry):
                self.losses.append(found)
                continue
            if found.source in {source, str(file)} and not is_told:
                is_told = True
            else:
                self.total += 1
            if isinstance(found, Unread):
                unread.add(found.source)
                self._settle(self.pipeline.put_failure(found.source, found.error))
            else:
                present.add(found.source)
                with self.keeping_on(found.source):
                    self.take(found)
        if find_container(file.name) is not None:
            self._forget(source, present, unread)
        if not is_told:
            self.done += 1
            self.report("done", str(file))

    def take(self, document: Document) -> None:
        """Bring one document in and note what is lost of it."""
        if not document.losses.is_clean:
            self.losses.append(LossEntry(document.source, document.title, document.losses))
        self.add(document)

    def add(self, document: Document) -> None:
        """Bring one document in, unless it is there in this very form."""
        self.characters += len(document.text)

        def tell(done: int, total: int) -> None:
            self.report("embed", document.source, windows_done=done, windows_total=total)

        self._settle(self.pipeline.put(document, progress=tell))

    @contextmanager
    def keeping_on(self, path: str) -> Iterator[None]:
        """Count a document that fails as done; what would fail for all is passed on."""
        try:
            yield
        except DocumentError as error:
            self._settle(self.pipeline.put_failure(path, str(error)))
        except RagError:
            raise
        except Exception as error:
            logger.exception("%s was not ingested", path)
            self._settle(self.pipeline.put_failure(path, f"{type(error).__name__}: {error}"))

    def report(self, stage: Stage, path: str, *, windows_done: int = 0, windows_total: int = 0) -> None:
        """Tell the caller where things stand."""
        if self.progress is not None:
            self.progress(IngestStep(stage, path, self.done, self.total, self.characters, windows_done, windows_total))

    def finish(self) -> IngestReport:
        """Cut anew what is cut otherwise, save the vector cache and sum up."""
        self._settle(self.pipeline.store_all())
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

    def _forget(self, source: str, present: set[str], unread: set[str]) -> None:
        """Remove the documents of members that are gone; of what cannot be read now, nobody knows that."""
        for known, document_id in self.index.find_inside(source).items():
            holders = {known[:place] for place in range(len(known)) if known.startswith(INSIDE, place)}
            if known not in present and not unread & {known, *holders}:
                self.index.remove_document(document_id)
                self.removed.append(document_id)

    def _cut_others(self) -> None:
        others = self.index.find_other_windowing(self.pipeline.windowing)
        self.total = self.done + len(others)
        for document_id in others:
            self.add(self.index.load_document(document_id))
        self._settle(self.pipeline.store_all())

    def _settle(self, outcomes: Iterable[Outcome]) -> None:
        """Write down what became of documents."""
        for outcome in outcomes:
            if outcome.kind == "failed":
                self.failed.append(Failure(outcome.source, outcome.name))
            else:
                known = {"added": self.added, "updated": self.updated, "unchanged": self.unchanged}
                known[outcome.kind].append(outcome.name)
                if outcome.kind != "unchanged":
                    self.report("store", outcome.source)
            self.done += 1
            self.report("done", outcome.source)

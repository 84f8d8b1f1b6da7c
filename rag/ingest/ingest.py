"""Bring documents into a library, from files or memory, and report what became of each."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from rag.chunks.windowing import Windowing
from rag.documents.container import INSIDE
from rag.documents.document import Document
from rag.documents.formats import find_container
from rag.documents.loading import find_files
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.embeddings.encoder import Encoder
from rag.errors import DocumentError, RagError
from rag.index.files import FileState
from rag.index.library_index import LibraryIndex
from rag.index.tags import check_tags
from rag.ingest.changes import KnownFiles, Look
from rag.ingest.file_readers import FileReaders, Found
from rag.ingest.limits import READING_LIMITS, ReadingLimits
from rag.ingest.pipeline import Outcome, Pipeline
from rag.ingest.report import Failure, IngestReport

logger = logging.getLogger(__name__)

Stage = Literal["read", "embed", "store", "done"]

_STAGE_NAMES: dict[Stage, str] = {
    "read": "読み取り / reading",
    "embed": "埋め込み / embedding",
    "store": "保存 / storing",
    "done": "完了 / done",
}
Load = Callable[[], Iterable[Found]]
_READ_AHEAD = 32_000_000
"""Bytes of the largest file that is read before its turn: until then its text is in memory."""


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
    windowing: Windowing,
    progress: IngestProgress | None = None,
    tags: Mapping[str, str] | None = None,
    limits: ReadingLimits = READING_LIMITS,
) -> IngestReport:
    """Read files, and folders with all below them, into a library.

    A file that cannot be read is reported and the others still go in. What a document replaces goes in the same
    transaction in which it comes, so an interruption leaves every document whole, old or new. Much text is read and
    analysed by several processes; what comes of it is the same, in the same order. A library has windows of
    one kind: documents that were cut otherwise are cut anew, from the text the library holds, and count as updated.
    Documents of members that are gone from a container are removed once the whole of it has been read. A file whose
    size and time are as they were is not read, and of a changed document only the windows whose text changed are
    embedded. All documents named get the `tags`. What stands above a window (see `Windowing`) is embedded and indexed
    before it; a context too long for the encoder is not embedded. Files are read in other processes within `limits`,
    so that one which takes all time or memory, or breaks its reader, only fails.

    Raises:
        ArgumentError: `windowing` or `tags` cannot be.
        LibraryError: The library cannot be written.
        ModelError: The encoder fails.
    """
    checked = check_tags(tags or {})
    with (
        closing(FileReaders(limits)) as readers,
        _Run(index, encoder, windowing, progress, checked) as run,
    ):
        files = find_each_file(paths)
        run.total = len(files)
        known = KnownFiles(index, windowing=run.pipeline.windowing)
        for path, look, load in _read(files, known, run.pipeline, readers):
            with run.keeping_on(str(path)):
                run.report("read", str(path))
                run.take_file(path, look, load)
        return run.finish()


def ingest_documents(
    documents: Iterable[Document],
    *,
    index: LibraryIndex,
    encoder: Encoder,
    windowing: Windowing,
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Bring documents that are already in memory into a library; as `ingest` otherwise."""
    with _Run(index, encoder, windowing, progress) as run:
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


def _read(
    files: Mapping[Path, DocumentError | None], known: KnownFiles, pipeline: Pipeline, readers: FileReaders
) -> Iterator[tuple[Path, Look | None, Load]]:
    """Yield each file with how it was known and what gives its documents; where there are workers, they read ahead."""
    waiting: deque[tuple[Path, Look | None, Load]] = deque()
    for file, failure in files.items():
        look = None if failure is not None else _look(file, known)
        if failure is not None:
            load: Load = partial(_fail, failure)
        elif look is not None and look.same:
            load = tuple
        elif _measure(file) > _READ_AHEAD or not pipeline.workers.count:
            load = partial(readers.read, file)
        else:
            load = readers.start(file)
        waiting.append((file, look, load))
        while len(waiting) > pipeline.workers.count:
            yield waiting.popleft()
    yield from waiting


def _look(file: Path, known: KnownFiles) -> Look | None:
    try:
        return known.look(file)
    except (OSError, ValueError):
        return None  # the loader says why


def _measure(file: Path) -> int:
    """Return the size of a file in bytes, 0 where loading will say what is wrong with it."""
    try:
        return file.stat().st_size
    except (OSError, ValueError):
        return 0


def _fail(error: DocumentError) -> Iterable[Found]:
    raise error


class _Run:
    """One call of `ingest`: what it was given and what it has done so far."""

    def __init__(
        self,
        index: LibraryIndex,
        encoder: Encoder,
        windowing: Windowing,
        progress: IngestProgress | None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.index = index
        self.progress = progress
        self.tags = tags or {}
        self.pipeline = Pipeline(index, encoder, windowing=windowing)
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
        self._members: list[tuple[Look, dict[str, str]]] = []

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.close()

    def take_file(self, path: Path, look: Look | None, load: Load) -> None:
        """Bring in the documents of one file, unless it is as it was; what is lost of them is noted."""
        if look is not None and look.same:
            self.total += len(look.known) - 1
            for each in look.known:
                self.index.update_entry(each.document_id, file=look.state, tags=self.tags)
                self._settle([Outcome("unchanged", each.source, each.document_id)])
            return
        holds_several = find_container(path.name) is not None
        present: dict[str, str] = {}
        unread: set[str] = set()
        for found in load():
            if isinstance(found, LossEntry):
                self.losses.append(found)
                continue
            self.total += bool(present or unread)
            with self.keeping_on(found.source):
                if isinstance(found, Unread):
                    unread.add(found.source)
                    self._settle(self.pipeline.put_failure(found.source, found.error))
                else:
                    present[found.source] = found.id
                    self.take(found, file=None if holds_several or look is None else look.settled)
        if holds_several:
            self._forget(str(path.resolve()), present, unread)
            if look is not None and not unread:
                self._members.append((look, present))

    def take(self, document: Document, *, file: FileState | None = None) -> None:
        """Bring one document in and note what is lost of it."""
        if not document.losses.is_clean:
            self.losses.append(LossEntry(document.source, document.title, document.losses))
        self.add(document, file=file, tags=self.tags)

    def add(self, document: Document, *, file: FileState | None = None, tags: Mapping[str, str] | None = None) -> None:
        """Bring one document in, unless it is there in this very form."""
        self.characters += len(document.text)

        def tell(done: int, total: int) -> None:
            self.report("embed", document.source, windows_done=done, windows_total=total)

        self._settle(self.pipeline.put(document, file=file, tags=tags, progress=tell))

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
        failed = {failure.path for failure in self.failed}
        for look, members in self._members:
            if not failed.isdisjoint(members):
                continue  # what could not be read or stored is tried again next time
            settled = look.settled
            for document_id in members.values():
                self.index.update_entry(document_id, file=settled, tags=None)
        self._cut_others()
        self.pipeline.close()  # saving needs memory of its own
        if self.added or self.updated or self.removed:
            self.index.save()
        return IngestReport(
            added=tuple(self.added),
            updated=tuple(self.updated),
            unchanged=tuple(self.unchanged),
            removed=tuple(self.removed),
            failed=tuple(self.failed),
            losses=tuple(self.losses),
            totals=self.index.statistics(),
            seconds=time.perf_counter() - self.began,
        )

    def _forget(self, source: str, present: Collection[str], unread: Collection[str]) -> None:
        """Remove the documents of members that are gone; of what cannot be read now, nobody knows that."""
        for known, document_id in self.index.find_inside(source).items():
            holders = {known[:place] for place in range(len(known)) if known.startswith(INSIDE, place)}
            if known not in present and not {known, *holders}.intersection(unread):
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

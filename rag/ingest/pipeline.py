"""The way of documents into a library: cut into windows, find their terms, embed, store."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Literal

from rag.chunks.chunk import Chunk
from rag.chunks.context import build_contexts
from rag.chunks.windowing import Windowing
from rag.chunks.windows import build_windows
from rag.documents.document import Document
from rag.embeddings.encoder import Encoder, Progress, Vectors
from rag.errors import DocumentError, RagError
from rag.index.files import FileState
from rag.index.library_index import LibraryIndex
from rag.index.prepared import PreparedDocument
from rag.index.window_terms import build_chunk_terms, split_blocks
from rag.ingest.embedding import embed_late, embed_windows
from rag.ingest.workers import Workers, count_workers

logger = logging.getLogger(__name__)

_ALONE = 500_000
"""Characters that are done before it is worth starting workers."""
_IN_FLIGHT = 1_200_000
"""Characters of documents that wait for workers or to be stored; a longer document waits alone."""
_AT_ONCE = 300_000
"""Characters of small documents that are stored in one transaction."""
_TASK = 100_000
"""Characters whose terms are one task."""
_LEAST_WEIGHT = 2_000

Kind = Literal["added", "updated", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: `name` is its id, or what was wrong where it failed."""

    kind: Kind
    source: str
    name: str


@dataclass(frozen=True, slots=True)
class _Job:
    """A document on its way, its terms perhaps still being built; one with nothing to store only keeps its place."""

    outcome: Outcome
    weight: int = _LEAST_WEIGHT
    document: Document | None = None
    chunks: Sequence[Chunk] = ()
    vectors: Vectors | None = None
    terms: Sequence[Callable[[], list[str]]] = ()
    file: FileState | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Pipeline:
    """Prepares documents, the terms of several at the same time, and stores them in the order in which they came.

    Each is stored whole or not at all, small ones several in one transaction. Workers are started when there is much to
    do; up to then each document is stored before the next one is looked at.
    """

    def __init__(self, index: LibraryIndex, encoder: Encoder, *, windowing: Windowing) -> None:
        self.workers = Workers(0)
        self._index = index
        self._encoder = encoder
        self._windowing = windowing
        self._jobs: deque[_Job] = deque()
        self._characters = 0

    @property
    def windowing(self) -> str:
        """How windows are made, as the library writes it down."""
        return str(self._windowing)

    def put(
        self,
        document: Document,
        *,
        file: FileState | None = None,
        tags: Mapping[str, str] | None = None,
        progress: Progress,
    ) -> Iterator[Outcome]:
        """Prepare one more document and store those whose turn it is.

        Returns:
            What became of documents, of this one or of earlier ones; take all of it before the next call.
        """
        if any(job.outcome.source == document.source for job in self._jobs):
            yield from self.store_all()  # the later version is compared with the earlier one
        if self._index.holds(document, windowing=self.windowing):
            self._index.update_entry(document.id, file=file, tags=tags)
            self._jobs.append(_Job(Outcome("unchanged", document.source, document.id)))
        else:
            self._jobs.append(replace(self._prepare(document, progress), file=file, tags=tags or {}))
        yield from self._store_down_to(_IN_FLIGHT if self.workers.count else 0)
        self._characters += len(document.text)
        if self._characters >= _ALONE and not self.workers.count:
            self.workers = Workers(count_workers())

    def put_failure(self, source: str, error: str) -> Iterator[Outcome]:
        """Let a document that could not be read take its turn."""
        self._jobs.append(_Job(Outcome("failed", source, error)))
        yield from self._store_down_to(_IN_FLIGHT if self.workers.count else 0)

    def store_all(self) -> Iterator[Outcome]:
        """Store what waits."""
        yield from self._store_down_to(0)

    def close(self) -> None:
        """Give up what waits and end the workers."""
        self._jobs.clear()
        self.workers.close()

    def _prepare(self, document: Document, progress: Progress) -> _Job:
        known = self._index.find_source(document.source)
        how = self._windowing
        chunks = build_windows(
            document, size=how.size, stride=how.stride, unit=how.unit, boundary=how.boundary, encoder=self._encoder
        )
        contexts = build_contexts(
            [chunk.start for chunk in chunks], title=document.title, anchors=document.anchors, context=how.context
        )
        terms = [*self._start_terms(document.text, [(chunk.start, chunk.end) for chunk in chunks], contexts)]
        vectors = (
            embed_late(document, chunks, encoder=self._encoder, progress=progress)
            if how.pooling == "document"
            else embed_windows(
                chunks,
                contexts,
                encoder=self._encoder,
                known=self._index.load_window_vectors(known or document.id),
                progress=progress,
            )
        )
        return _Job(
            outcome=Outcome("added" if known is None else "updated", document.source, document.id),
            weight=max(len(document.text), _LEAST_WEIGHT),
            document=document,
            chunks=chunks,
            vectors=vectors,
            terms=terms,
        )

    def _start_terms(
        self, text: str, windows: list[tuple[int, int]], contexts: list[str]
    ) -> Iterator[Callable[[], list[str]]]:
        """Have the terms of all windows built, in tasks that end where blocks end: the terms are those of one task."""
        first = 0
        for block in split_blocks(windows):
            if windows[block[-1]][1] - windows[first][0] < _TASK and block.stop < len(windows):
                continue
            part, above, first = windows[first : block.stop], contexts[first : block.stop], block.stop
            begin, end = part[0][0], max(end for _, end in part)
            spans = [(start - begin, stop - begin) for start, stop in part]
            yield self.workers.start(partial(build_chunk_terms, contexts=above), text[begin:end], spans)

    def _store_down_to(self, weight: int) -> Iterator[Outcome]:
        """Store the oldest documents until those that wait weigh no more than this, or none are left."""
        waiting = sum(job.weight for job in self._jobs)
        while self._jobs and waiting > weight:
            batch = [self._jobs.popleft()]
            while self._jobs and sum(job.weight for job in batch) + self._jobs[0].weight <= _AT_ONCE:
                batch.append(self._jobs.popleft())
            waiting -= sum(job.weight for job in batch)
            yield from self._store(batch)

    def _store(self, batch: Sequence[_Job]) -> Iterator[Outcome]:
        finished = [self._finish(job) for job in batch]
        prepared = [each for each in finished if isinstance(each, PreparedDocument)]
        try:
            if prepared:
                self._index.replace_documents(prepared)
        except RagError:
            raise
        except Exception as error:
            if len(batch) > 1:  # one of them is at fault
                yield from chain.from_iterable(self._store([job]) for job in batch)
            else:
                logger.exception("%s was not ingested", batch[0].outcome.source)
                yield Outcome("failed", batch[0].outcome.source, f"{type(error).__name__}: {error}")
            return
        for job, each in zip(batch, finished, strict=True):
            yield each if isinstance(each, Outcome) else job.outcome

    def _finish(self, job: _Job) -> PreparedDocument | Outcome:
        """Wait for the terms of a document; return the outcome where there is nothing to store."""
        if job.document is None or job.vectors is None:
            return job.outcome
        try:
            terms = [each for task in job.terms for each in task()]
        except DocumentError as error:
            return Outcome("failed", job.outcome.source, str(error))
        except Exception as error:
            logger.exception("%s was not ingested", job.outcome.source)
            return Outcome("failed", job.outcome.source, f"{type(error).__name__}: {error}")
        return PreparedDocument(
            job.document, job.chunks, job.vectors, terms, windowing=self.windowing, file=job.file, tags=job.tags
        )

"""The library: documents on disk that can be searched, asked and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING

from rag.config.settings import Settings, load_settings, write_manifest
from rag.documents.document import Document
from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from rag.index.place import holds_catalog
from rag.index.transfer import export_library, import_library
from rag.ingest.ingest import IngestProgress, ingest, ingest_documents
from rag.ingest.repair import RepairReport
from rag.ingest.report import IngestReport
from rag.ingest.sync import SyncReport
from rag.library.answering import explain_answer, stream_answer
from rag.library.models import load_encoder, load_reader, load_reranker
from rag.library.provisions import ProvisionFinder
from rag.library.records import (
    Answer,
    Citation,
    CitedProvision,
    DocumentEntry,
    ResolvedReference,
    Statistics,
    Turn,
)
from rag.library.upkeep import (
    add_unchanged,
    build_limits,
    choose_documents,
    remove_document,
    repair_library,
    sync_folder,
)
from rag.reading.answer import Span
from rag.retrieval.hit import Hit
from rag.retrieval.passages import trim_hits
from rag.retrieval.search import Mode, search
from rag.retrieval.widening import Widen, widen_span

if TYPE_CHECKING:
    from rag.conversation.search_question import Conversation
    from rag.embeddings.encoder import Encoder
    from rag.reading.generative_reader import GenerativeReader
    from rag.reading.span_reader import SpanReader

SPARE = 2
"""Windows searched for beside each hit asked for, as some hold nothing that better ones do not show."""


class Library:
    """One folder of documents, opened with an embedder and a reader.

    Models are loaded when first needed: listing, removing and checking documents takes none. Safe to use from several
    threads.

    Example:
        >>> with Library.open("indexes/default") as library:  # doctest: +SKIP
        ...     library.add(["就業規則.pdf"])
        ...     print(library.ask("有給休暇は何日もらえますか").text)
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Use `Library.open` instead."""
        self.folder = folder
        self.settings = settings
        self._lock = RLock()
        self._encoder: Encoder | None = None
        self._reader: SpanReader | GenerativeReader | None = None
        self._reranker: SpanReader | None = None
        self._index: LibraryIndex | None = None
        self._stored: LibraryIndex | None = None
        self._provisions = ProvisionFinder(load_document=self.document, list_documents=self.documents)

    @classmethod
    def open(cls, path: str | Path | None = None, *, settings: Settings | None = None, create: bool = True) -> Library:
        """Open the library in the folder `path`, making it when it does not exist.

        Args:
            path: Folder; the settings' own when None.
            settings: Settings to use; read from manifest, `rag.toml` and environment when None.
            create: Whether a library that is not there is made.

        Raises:
            LibraryError: There is no library in the folder and `create` is false.
            ConfigError: The settings cannot be read.
        """
        if settings is None:
            settings = load_settings(arguments={"library": None if path is None else str(path)})
        folder = Path(settings.library if path is None else path)
        if not create and not holds_catalog(folder):
            raise LibraryError(f"{folder}: no library there; make one with: rag ingest PATH --library {folder}")
        return cls(folder, settings)

    @property
    def encoder(self) -> Encoder:
        """The embedding model, loaded at first use."""
        with self._lock:
            if self._encoder is None:
                self._encoder = load_encoder(self.settings)
            return self._encoder

    @property
    def reader(self) -> SpanReader | GenerativeReader:
        """The reading model, loaded at first use."""
        with self._lock:
            if self._reader is None:
                self._reader = load_reader(self.settings)
            return self._reader

    @property
    def reranker(self) -> SpanReader:
        """The model that puts hits in order, loaded at first use; the reader itself unless that one writes answers."""
        with self._lock:
            if self._reranker is None:
                self._reranker = load_reranker(self.settings)
            return self._reranker

    @property
    def index(self) -> LibraryIndex:
        """Catalog and vectors, opened at first use with the embedding model; made where there are none."""
        with self._lock:
            if self._index is None:
                encoder = self.encoder
                self._index = LibraryIndex.open(
                    self.folder,
                    dimension=encoder.dimension,
                    encoder_fingerprint=encoder.fingerprint,
                    encoder_name=encoder.name,
                )
            return self._index

    def index_to_write(self) -> LibraryIndex:
        """The index, its manifest saying how the documents that come in now are cut and embedded."""
        index = self.index
        with self._lock:
            write_manifest(self.folder, self.settings)
        return index

    @property
    def _any_index(self) -> LibraryIndex:
        """The index for what needs no model: that of `index` once it is open, else one opened as it is on disk."""
        with self._lock:
            if self._index is not None or not holds_catalog(self.folder):
                return self.index
            if self._stored is None:
                self._stored = LibraryIndex.open_existing(self.folder)
            return self._stored

    def add(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        tags: Mapping[str, str] | None = None,
        progress: IngestProgress | None = None,
    ) -> IngestReport:
        """Read files and folders into the library; unchanged files cost nothing, changed ones replace their old text.

        Where the settings cut windows otherwise than the library has them, all its documents are cut anew.

        Args:
            paths: Files, and folders to be searched recursively; one, or several.
            tags: Tags for all their documents, beside those they have.
            progress: Called as the work goes on.

        Returns:
            What went in, and every file that could not be read with the reason.
        """
        paths = [paths] if isinstance(paths, (str, Path)) else paths
        if holds_catalog(self.folder):
            report = add_unchanged(self, self._any_index, paths, tags)
            if report is not None:
                return report
        return ingest(
            paths,
            index=self.index_to_write(),
            encoder=self.encoder,
            windowing=self.settings.windowing,
            progress=progress,
            tags=tags,
            limits=build_limits(self.settings),
        )

    def add_documents(self, documents: Sequence[Document], *, progress: IngestProgress | None = None) -> IngestReport:
        """Put documents that are already in memory into the library."""
        return ingest_documents(
            documents,
            index=self.index_to_write(),
            encoder=self.encoder,
            windowing=self.settings.windowing,
            progress=progress,
        )

    def search(
        self,
        question: str,
        *,
        k: int | None = None,
        mode: Mode | None = None,
        documents: Sequence[str] | None = None,
        where: str | Iterable[str] = (),
        widen: Widen = "none",
    ) -> list[Hit]:
        """Find the `k` windows that fit a question best, each without what a better one already shows.

        Args:
            question: In everyday words.
            k: Number of hits; the settings' `hits` when None.
            mode: Kind of search; the settings' when None.
            documents: Ids of the documents to search; all when None.
            where: Filters that the documents must satisfy besides, as "部署=総務 format=pdf"; see `rag.index.filters`.
            widen: What hits are widened to, up to the settings' `passage_characters`.

        Raises:
            ArgumentError: The question is empty, `k` is below one or a filter is not understood.
            LibraryError: A document id is unknown.
        """
        chosen = choose_documents(self.index, documents, where)
        mode = mode or self.settings.mode
        k = self.settings.hits if k is None else k
        reranks = mode == "hybrid" and self.settings.reranked > 0
        find = self.find_widening(widen)
        count = SPARE * k if k > 0 else k
        while True:
            hits = search(
                question,
                index=self.index,
                encoder=self.encoder,
                k=count,
                mode=mode,
                documents=chosen,
                pool=self.settings.pool,
                dense_share=self.settings.dense_share,
                reranker=self.reranker if reranks else None,
                reranked=self.settings.reranked,
            )
            shown = trim_hits(hits if find is None else self._widen_hits(hits, find))
            if len(shown) >= k or len(hits) < count:
                return shown[:k]
            count *= SPARE

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        k: int | None = None,
        mode: Mode | None = None,
        documents: Sequence[str] | None = None,
        where: str | Iterable[str] = (),
        widen: Widen | None = None,
        conversation: Conversation | None = None,
    ) -> Answer:
        """Answer a question from the documents, or say that they do not hold the answer.

        Args:
            question: In everyday words; may refer to the history ("では、契約社員は？").
            history: Earlier turns, oldest first.
            k: Number of windows searched for; the settings' `hits` when None.
            mode: Kind of search; the settings' when None.
            documents: Ids of the documents to search; all when None.
            where: Filters that the documents must satisfy besides, as "部署=総務 format=pdf"; see `rag.index.filters`.
            widen: What windows are widened to before they are read; the settings' when None.
            conversation: How the question takes up the history; the settings' when None.

        Raises:
            ArgumentError: The question is empty, `k` is below one, a filter is not understood, or `conversation` is
                "model" and the reader does not write.
            LibraryError: A document id is unknown.
        """
        steps = self.stream(
            question,
            history=history,
            k=k,
            mode=mode,
            documents=documents,
            where=where,
            widen=widen,
            conversation=conversation,
        )
        return next(step for step in steps if isinstance(step, Answer))

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        k: int | None = None,
        mode: Mode | None = None,
        documents: Sequence[str] | None = None,
        where: str | Iterable[str] = (),
        widen: Widen | None = None,
        conversation: Conversation | None = None,
    ) -> Iterator[str | Answer]:
        """Answer as `ask` does; yield the answer piece by piece while a model writes it, and last of all the whole.

        A reader that marks the answer in the passages gives no pieces. Arguments and errors are those of `ask`.
        """
        return stream_answer(
            self,
            question,
            history=history,
            k=k,
            mode=mode,
            documents=documents,
            where=where,
            widen=widen or self.settings.widen,
            conversation=conversation or self.settings.conversation,
        )

    def explain(self, answer: Answer, *, method: str | None = None, thorough: bool = False) -> Answer:
        """Return the answer with its explanation: where the reader looked, and what removing that text does.

        Without an answer, the best candidate is explained, or the words in which a model declined; with no candidate at
        all the answer comes back as it is.

        Args:
            answer: Of `ask`.
            method: One of `rag.explanation.explanation.METHODS`; calibrated attention, or the mean of the attention for
                readers whose heads have no weights and for written answers, when None.
            thorough: Whether the check reads the text again without every single sentence, and without ten random
                choices; otherwise it takes about twice the time of the answer.

        Raises:
            ArgumentError: There is no such method for this reader.
        """
        return explain_answer(self, answer, method=method, thorough=thorough)

    def cite(self, span: Span) -> Citation:
        """Name the place a span stands in."""
        document = self.document(span.document_id)
        return Citation(
            document_id=document.id,
            title=document.title,
            start=span.start,
            end=span.end,
            page=document.page_at(span.start),
            heading=document.heading_at(span.start),
            text=document.text[span.start : span.end],
            references=tuple(self._provisions.find_sentence_references(document, span.start, span.end)),
        )

    def article(self, document_id: str, offset: int) -> CitedProvision | None:
        """Return the article that holds a place, or the table, form or supplement; None where there is none.

        Raises:
            LibraryError: There is no such document.
        """
        return self._provisions.find_article(self.document(document_id), offset)

    def references(self, document_id: str, start: int, end: int) -> list[ResolvedReference]:
        """Return the references to provisions between two places of a document, with what they mean.

        References to another law mean provisions of the one document whose title is its name, if there is one.

        Raises:
            LibraryError: There is no such document.
        """
        return self._provisions.find_references(self.document(document_id), start, end)

    def documents(self) -> list[DocumentEntry]:
        """List the documents, oldest first."""
        return self._any_index.list_documents()

    def document(self, document_id: str) -> Document:
        """Load one document whole.

        Raises:
            LibraryError: There is no such document.
        """
        return self._any_index.load_document(document_id)

    def remove(self, document_id: str) -> None:
        """Remove a document with all its windows; it comes back when its file, or archive, is added again.

        Raises:
            LibraryError: There is no such document.
        """
        remove_document(self._any_index, document_id)

    def statistics(self) -> Statistics:
        """Count documents, windows and characters."""
        return self._any_index.statistics()

    def tag(self, document_id: str, tags: Mapping[str, str], *, remove: Iterable[str] = ()) -> dict[str, str]:
        """Give a document tags, take others away, and return all it has then.

        Raises:
            ArgumentError: A name or value cannot be one.
            LibraryError: There is no such document.
        """
        return self._any_index.tag_document(document_id, tags, remove=remove)

    def sync(self, folder: str | Path, *, dry_run: bool = False, progress: IngestProgress | None = None) -> SyncReport:
        """Make the library follow a folder: what is new, changed, moved or deleted there.

        Documents that came from elsewhere stay, and so does the old text of a file that cannot be read.

        Args:
            folder: Searched with all below it.
            dry_run: Whether to say only what would be done.
            progress: Called as the work goes on.

        Raises:
            DocumentError: The folder cannot be read.
        """
        return sync_folder(self, self._any_index, Path(folder), dry_run=dry_run, progress=progress)

    def repair(self) -> RepairReport:
        """Mend what `verify` finds, from the texts the library holds; say what was done and what is left."""
        return repair_library(self)

    def export(self, file: str | Path, *, readable_only: bool = False) -> list[str]:
        """Write the whole library into one zip file; see `rag.index.transfer.export_library`."""
        return export_library(self.folder, Path(file), readable_only=readable_only)

    @staticmethod
    def import_(file: str | Path, folder: str | Path, *, replace: bool = False) -> None:
        """Make a library in `folder` of what `export` wrote; see `rag.index.transfer.import_library`."""
        import_library(Path(file), Path(folder), replace=replace)

    def verify(self) -> list[str]:
        """Check texts, windows, words and vectors against each other; an empty list means clean."""
        return self._any_index.verify()

    @property
    def recall(self) -> float:
        """Share of the first ten hits by meaning that a search finds, known after a search or `verify`; 1 if exact."""
        return self._any_index.recall

    def close(self) -> None:
        """Save the vectors and release the files."""
        with self._lock:
            opened = [index for index in (self._index, self._stored) if index is not None]
            self._index = self._stored = None
        for index in opened:
            index.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def find_widening(self, widen: Widen) -> Callable[[Hit], tuple[int, int]] | None:
        """Return what says how far a hit is widened; None where it is not."""
        if widen == "none":
            return None
        limit = self.settings.passage_characters
        return lambda hit: widen_span(
            hit.start, hit.end, units=self._provisions.find_units(hit.document_id, widen), limit=limit
        )

    def load_slice(self, document_id: str, start: int, end: int) -> str:
        """Return what stands between two places of a document."""
        return self.index.load_text(document_id)[start:end]

    def _widen_hits(self, hits: Sequence[Hit], find: Callable[[Hit], tuple[int, int]]) -> list[Hit]:
        spans = [find(hit) for hit in hits]
        return [
            replace(hit, start=start, end=end, text=self.load_slice(hit.document_id, start, end))
            for hit, (start, end) in zip(hits, spans, strict=True)
        ]

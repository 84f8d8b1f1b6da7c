"""Embedders on one bench: the same windows and words, searched with the vectors of each."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chunks.chunk import Chunk
from rag.chunks.context import build_contexts
from rag.chunks.windows import build_windows
from rag.config.settings import Settings
from rag.documents.document import Document
from rag.embeddings.encoder import Encoder, Progress, Vectors
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.errors import ArgumentError, ConfigError
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.metrics import recall_at
from rag.evaluation.rows import Row
from rag.evaluation.tracing import find_rank
from rag.evaluation.variants.memory import measure_footprint
from rag.evaluation.variants.rotation import rotate
from rag.evaluation.variants.variant import Search, Variant
from rag.index.clustered_index import ClusteredIndex
from rag.index.clustering import DEPTH, OVERSAMPLING, choose_clusters, choose_probes
from rag.index.flat_index import FlatIndex
from rag.index.library_index import LibraryIndex
from rag.index.store import Match
from rag.ingest.embedding import embed_late, embed_windows
from rag.models.shipped import locate_model
from rag.retrieval.hit import Hit
from rag.retrieval.search import Mode, search

HITS = 10
WARM_UP = 5
MEMORY_TEXTS = 200
SAMPLE = 200
"""Directions that say how many clusters are searched."""
MEBIBYTE = 2**20
MODES: tuple[Mode, ...] = ("hybrid", "dense")


class TruncatedEncoder:
    """The first numbers of another encoder's vectors, brought to length 1 again.

    Source: Kusupati et al. 2022, Matryoshka Representation Learning.
    """

    def __init__(self, encoder: Encoder, dimension: int) -> None:
        """Wrap an encoder.

        Raises:
            ArgumentError: Its vectors are no longer than that.
        """
        if not 1 <= dimension < encoder.dimension:
            raise ArgumentError(
                f"dimensions is {dimension}; expected 1 to {encoder.dimension - 1}: {encoder.name} has "
                f"{encoder.dimension}"
            )
        self.dimension = dimension
        self.name = f"{encoder.name}[:{dimension}]"
        self.fingerprint = f"{encoder.fingerprint}:{dimension}"
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Return where each token starts. Shape: (tokens,)."""
        return self._encoder.token_starts(text)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions. Shape: (len(texts), dimension), rows of length 1."""
        return self._cut(self._encoder.encode_queries(texts))

    def encode_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed windows. Shape: (len(texts), dimension), rows of length 1."""
        return self._cut(self._encoder.encode_documents(texts, progress=progress))

    def _cut(self, vectors: Vectors) -> Vectors:
        kept = vectors[:, : self.dimension]
        lengths = np.linalg.norm(kept, axis=1, keepdims=True)
        kept = np.where(lengths < 1e-12, 1.0, kept)
        cut: Vectors = (kept / np.linalg.norm(kept, axis=1, keepdims=True)).astype(np.float32)
        return cut


class VectorBench:
    """The windows of one library, found by words there and by the vectors of one variant here."""

    def __init__(self, words: LibraryIndex, ids: NDArray[np.int64], vectors: Vectors, *, kind: Search) -> None:
        """Put vectors into an index. Shape: (windows, dimension)."""
        self._words = words
        self._ids, self._vectors = ids, vectors
        flat = FlatIndex.build(vectors.shape[1])
        flat.add(ids, vectors)
        self._index: FlatIndex | ClusteredIndex = flat if kind == "exact" else _cluster(flat, ids, vectors)
        self.size = vectors.size * (2 if kind == "exact" else 1)
        """Bytes of the vectors: half precision, or one byte a number."""

    def search_dense(self, vector: Vectors, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows nearest to `vector`, best first; approximate hits are put in order exactly."""
        if documents is not None:
            raise ArgumentError("a comparison searches all documents; leave documents out")
        if self._index.exact:
            ids, scores = self._index.search(vector, k=k, allowed=None)
        else:
            found, _ = self._index.search(vector, k=OVERSAMPLING * k, allowed=None)
            exact = self._vectors[np.searchsorted(self._ids, found)] @ vector
            order = np.argsort(-exact, kind="stable")[:k]
            ids, scores = found[order], exact[order]
        return [Match(int(chunk_id), float(score)) for chunk_id, score in zip(ids, scores, strict=True)]

    def search_lexical(self, question: str, *, k: int, documents: Collection[str] | None = None) -> list[Match]:
        """Return the `k` windows that share most with `question`."""
        return self._words.search_lexical(question, k=k, documents=documents)

    def load_chunks(self, chunk_ids: Sequence[int]) -> list[Chunk]:
        """Return the windows with these ids."""
        return self._words.load_chunks(chunk_ids)


@dataclass(frozen=True, slots=True)
class _Bench:
    encoder: Encoder
    index: VectorBench
    seconds: float


class EmbedderBench:
    """Cuts and indexes the documents once, and embeds them with each variant when it is first asked for."""

    def __init__(
        self,
        variants: Sequence[Variant],
        dataset: Dataset,
        questions: Sequence[Question],
        settings: Settings,
        *,
        whole: bool,
        folder: Path,
    ) -> None:
        """Prepare a bench; `whole`: each document is one window."""
        self._variants, self._dataset, self._questions, self._settings = variants, dataset, questions, settings
        self._whole, self._folder = whole, folder
        self._encoders: dict[str, SentenceTransformerEncoder] = {}
        self._benches: dict[str, _Bench] = {}
        self._words: LibraryIndex | None = None
        self._windows: list[tuple[Document, Sequence[Chunk], Sequence[str]]] = []

    def list_trials(self) -> list[Trial]:
        """List memory first, then all questions."""
        memory = [Trial(f"memory/{variant.name}", partial(self._weigh, variant)) for variant in self._variants]
        return memory + [
            Trial(f"{question.id}/{variant.name}", partial(self._search, variant, question))
            for number, question in enumerate(self._questions)
            for variant in rotate(self._variants, number)
        ]

    def load(self, model: str) -> SentenceTransformerEncoder:
        """Load an embedding model once."""
        if model not in self._encoders:
            self._encoders[model] = SentenceTransformerEncoder(locate_model(model), name=model)
        return self._encoders[model]

    def close(self) -> None:
        """Close the index of words."""
        if self._words is not None:
            self._words.close()

    def _weigh(self, variant: Variant) -> Row:
        bench = self._build(variant)
        texts = [chunk.text for _, chunks, _ in self._windows for chunk in chunks][:MEMORY_TEXTS]
        task = {"kind": "embedder", "model": locate_model(variant.model), "texts": texts}
        found = measure_footprint(task | {"questions": [question.text for question in self._questions[:WARM_UP]]})
        return {
            "variant": variant.name,
            "question": None,
            "peak_mib": None if found.peak is None else found.peak / MEBIBYTE,
            "weights_mib": found.weights / MEBIBYTE,
            "vectors_mib": bench.index.size / MEBIBYTE,
            "size_mib": (found.weights + bench.index.size) / MEBIBYTE,
            "embedding_seconds": bench.seconds,
        }

    def _search(self, variant: Variant, question: Question) -> Row:
        bench = self._build(variant)
        row: dict[str, object] = {"variant": variant.name, "question": question.id, "text": question.text}
        for mode in MODES:
            begun, computed = time.perf_counter(), time.process_time()
            hits = self._find(question, bench, mode)
            seconds, processor = time.perf_counter() - begun, time.process_time() - computed
            rank = find_rank(hits, question)
            row |= {f"{mode}_rank": rank, f"{mode}@1": recall_at(rank, k=1), f"{mode}@5": recall_at(rank, k=5)}
            row["seconds" if mode == "hybrid" else "dense_seconds"] = seconds
            if mode == "hybrid":
                row["processor_seconds"] = processor
        return row

    def _find(self, question: Question, bench: _Bench, mode: Mode) -> list[Hit]:
        return search(
            question.text,
            index=bench.index,
            encoder=bench.encoder,
            k=HITS,
            mode=mode,
            pool=self._settings.pool,
            dense_share=self._settings.dense_share,
        )

    def _build(self, variant: Variant) -> _Bench:
        if variant.name not in self._benches:
            words = self._index_words()
            encoder: Encoder = self.load(variant.model)
            if variant.dimensions:
                try:
                    encoder = TruncatedEncoder(encoder, variant.dimensions)
                except ArgumentError as error:
                    raise ConfigError(f"variant {variant.name}: {error}") from error
            begun = time.perf_counter()
            parts = [self._embed(*each, encoder=encoder) for each in self._windows]
            seconds = time.perf_counter() - begun
            vectors = np.concatenate(parts)
            index = VectorBench(words, np.arange(1, len(vectors) + 1), vectors, kind=variant.index)
            bench = _Bench(encoder, index, seconds)
            for question in self._questions[:WARM_UP]:
                self._find(question, bench, "hybrid")
            self._benches[variant.name] = bench
        return self._benches[variant.name]

    def _index_words(self) -> LibraryIndex:
        """Cut all documents into windows, which get the ids 1, 2, 3 and so on, and index their words."""
        if self._words is None:
            # Only words are searched there: the vectors are there because an index has some.
            self._words = LibraryIndex.open(self._folder, dimension=1, encoder_fingerprint="none", encoder_name="none")
            for document in self._dataset.documents.values():
                chunks = self._cut(document)
                given = self._settings
                ones = np.ones((len(chunks), 1), dtype=np.float32)
                self._words.replace_document(document, chunks, ones, windowing=str(given.windowing))
                contexts = build_contexts(
                    [chunk.start for chunk in chunks],
                    title=document.title,
                    anchors=document.anchors,
                    context=given.context,
                )
                self._windows.append((document, chunks, contexts))
        return self._words

    def _cut(self, document: Document) -> Sequence[Chunk]:
        if self._whole:
            return [Chunk(document.id, 0, len(document.text), document.text)]
        given = self._settings
        first = self.load(self._variants[0].model)
        return build_windows(
            document, size=given.size, stride=given.stride, unit=given.unit, boundary=given.boundary, encoder=first
        )

    def _embed(
        self, document: Document, chunks: Sequence[Chunk], contexts: Sequence[str], *, encoder: Encoder
    ) -> Vectors:
        if self._settings.pooling == "document":
            return embed_late(document, chunks, encoder=encoder)
        return embed_windows(chunks, contexts, encoder=encoder, known={})


def _cluster(flat: FlatIndex, ids: NDArray[np.int64], vectors: Vectors) -> ClusteredIndex:
    """Put vectors into clusters as a large library does, and choose how many are searched in the same way."""
    index = ClusteredIndex.train(vectors, clusters=choose_clusters(len(ids)))
    index.add(ids, vectors)
    queries = np.random.default_rng(0).standard_normal((SAMPLE, vectors.shape[1])).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    exact = np.stack([flat.search(query, k=min(DEPTH, len(ids)), allowed=None)[0] for query in queries])
    choose_probes(index, queries, exact)
    return index

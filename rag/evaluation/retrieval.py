"""Search alone: does the paragraph a question was written for come first among thousands?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from rag.chunks.chunk import Chunk
from rag.errors import DatasetError
from rag.evaluation.datasets import Question, load_squad
from rag.evaluation.metrics import discounted_gain_at, recall_at, reciprocal_rank_at
from rag.evaluation.rows import Report
from rag.index.library_index import LibraryIndex
from rag.retrieval.fusion import DENSE_SHARE
from rag.retrieval.search import POOL, Mode, search

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.embeddings.encoder import Encoder, Progress, Vectors
    from rag.retrieval.hit import Hit
    from rag.retrieval.reranking import Reranker

DEPTH = 10


@dataclass(frozen=True, slots=True)
class _Found:
    document: str
    score: float
    dense_rank: int | None
    lexical_rank: int | None
    matched: tuple[str, ...]
    rating: float | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one question; `rank` is that of its own paragraph, None beyond the hits."""

    id: str
    question: str
    document: str
    rank: int | None
    hits: tuple[_Found, ...]


def evaluate_retrieval(
    files: Sequence[Path],
    pool_files: Sequence[Path],
    encoder: Encoder,
    *,
    mode: Mode = "hybrid",
    pool: int = POOL,
    dense_share: float = DENSE_SHARE,
    reranker: Reranker | None = None,
    reranked: int = 0,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure search over the paragraphs of SQuAD files, each a document of one window in a library of its own.

    Equal paragraphs are one. The right place of a question is its own paragraph, whatever others say.

    Args:
        files: SQuAD JSON files whose questions are asked.
        pool_files: SQuAD JSON files that only add paragraphs.
        encoder: Embeds paragraphs and questions; mode "lexical" embeds nothing.
        mode: Kind of search; ten hits are always looked at, for that is where the figures end.
        pool: Paragraphs that each kind of search contributes in mode "hybrid", ten at least.
        dense_share: Say of the dense ranking in mode "hybrid", 0 to 1.
        reranker: Reads question and paragraphs together, in mode "hybrid" alone; none when None.
        reranked: Number of hits it reads.
        limit: Only the first questions; all paragraphs stay.
        progress: Called with paragraphs and questions done, and the number of both.

    Returns:
        "recall@1", "recall@5", "recall@10", "mrr@10" and "ndcg@10" between 0 and 1, "n" questions, "passages"
        searched; one row a question.

    Raises:
        DatasetError: A file is not in the format, or holds no question.
    """
    asked = load_squad(files)
    documents = list((dict(asked.documents) | dict(load_squad(pool_files).documents)).values())
    questions = asked.questions[:limit]
    if not questions:
        raise DatasetError(f"{', '.join(map(str, files))}: expected at least one question, found none")
    total = len(documents) + len(questions)
    outcomes: list[_Outcome] = []
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        LibraryIndex.open(
            Path(folder),
            dimension=encoder.dimension,
            encoder_fingerprint=encoder.fingerprint,
            encoder_name=encoder.name,
        ) as index,
    ):
        vectors = _encode(documents, encoder, mode, lambda done, _: progress(done, total) if progress else None)
        for document, vector in zip(documents, vectors, strict=True):
            chunk = Chunk(document.id, 0, len(document.text), document.text)
            index.replace_document(document, [chunk], vector[np.newaxis])
        for question in questions:
            hits = search(
                question.text,
                index=index,
                encoder=encoder,
                k=DEPTH,
                mode=mode,
                pool=pool,
                dense_share=dense_share,
                reranker=reranker,
                reranked=reranked,
            )
            outcomes.append(_build_outcome(question, hits))
            if progress:
                progress(len(documents) + len(outcomes), total)
    figures = _average([outcome.rank for outcome in outcomes])
    return Report(
        figures | {"n": len(questions), "passages": len(documents)}, tuple(asdict(outcome) for outcome in outcomes)
    )


def _encode(documents: Sequence[Document], encoder: Encoder, mode: Mode, progress: Progress) -> Vectors:
    if mode == "lexical":
        placeholder = np.zeros((len(documents), encoder.dimension), dtype=np.float32)
        placeholder[:, 0] = 1.0
        return placeholder
    return encoder.encode_documents([document.text for document in documents], progress=progress)


def _build_outcome(question: Question, hits: Sequence[Hit]) -> _Outcome:
    return _Outcome(
        id=question.id,
        question=question.text,
        document=question.document_id,
        rank=next((rank for rank, hit in enumerate(hits, 1) if hit.document_id == question.document_id), None),
        hits=tuple(
            _Found(hit.document_id, hit.score, hit.dense_rank, hit.lexical_rank, hit.matched, hit.rating)
            for hit in hits
        ),
    )


def _average(ranks: Collection[int | None]) -> dict[str, float]:
    recalls = {f"recall@{k}": fmean(recall_at(rank, k=k) for rank in ranks) for k in (1, 5, 10)}
    return recalls | {
        f"mrr@{DEPTH}": fmean(reciprocal_rank_at(rank, k=DEPTH) for rank in ranks),
        f"ndcg@{DEPTH}": fmean(discounted_gain_at(rank, k=DEPTH) for rank in ranks),
    }

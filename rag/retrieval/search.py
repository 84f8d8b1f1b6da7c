"""Search by meaning, by words, or by both."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from rag.embeddings.encoder import Encoder
from rag.errors import ArgumentError
from rag.index.store import Match, SearchIndex
from rag.retrieval.fusion import DENSE_SHARE, fuse
from rag.retrieval.hit import Hit
from rag.retrieval.reranking import Reranker, rerank
from rag.text.terms import build_terms

Mode = Literal["hybrid", "dense", "lexical"]
POOL = 50
"""Windows that each kind of search contributes to both, unless told otherwise."""


def search(
    question: str,
    *,
    index: SearchIndex,
    encoder: Encoder,
    k: int = 10,
    mode: Mode = "hybrid",
    documents: Collection[str] | None = None,
    pool: int = POOL,
    dense_share: float = DENSE_SHARE,
    reranker: Reranker | None = None,
    reranked: int = 0,
) -> list[Hit]:
    """Find the `k` windows that fit a question best.

    Args:
        question: In everyday words.
        index: Where to search.
        encoder: Embeds the question; not used in mode "lexical".
        k: Most hits.
        mode: "dense" by meaning, "lexical" by words, "hybrid" by both.
        documents: Ids of the documents to search; all when None.
        pool: Windows that each kind of search contributes before both are fused; at least `k` are taken.
        dense_share: Say of the dense ranking in mode "hybrid", 0 to 1.
        reranker: Reads question and windows together, in mode "hybrid" alone; none when None.
        reranked: Number of hits it reads.

    Returns:
        Hits, best first; those reranked in the order of `rag.retrieval.reranking`. The score is the cosine in mode
        "dense", BM25 in mode "lexical" and that of `rag.retrieval.fusion` in mode "hybrid"; only scores of one mode
        compare.

    Raises:
        ArgumentError: The question is empty, `k` or `pool` is below one, or the mode is unknown.
    """
    check_question(question)
    if k < 1 or pool < 1:
        raise ArgumentError(f"k = {k}, pool = {pool}: expected at least 1; ask for one window or more")
    if mode not in get_args(Mode):
        raise ArgumentError(f"mode {mode!r} is unknown; expected one of {', '.join(get_args(Mode))}")
    dense: list[Match] = []
    lexical: list[Match] = []
    depth = max(k, pool, reranked) if mode == "hybrid" else k
    if mode != "lexical":
        dense = index.search_dense(encoder.encode_queries([question])[0], k=depth, documents=documents)
    if mode != "dense":
        lexical = index.search_lexical(question, k=depth, documents=documents)
    best = fuse(dense, lexical, depth=depth, dense_share=dense_share) if mode == "hybrid" else dense or lexical
    if reranker is None or mode != "hybrid":
        return _build_hits(question, best[:k], dense, lexical, index)
    hits = _build_hits(question, best[: max(k, reranked)], dense, lexical, index)
    return rerank(question, hits, reranker, depth=reranked)[:k]


def check_question(question: str) -> None:
    """Make sure that there is a question.

    Raises:
        ArgumentError: It is empty.
    """
    if not question.strip():
        raise ArgumentError("question is empty; expected a question in words: ask for example 「有給休暇は何日ですか」")


def _build_hits(
    question: str, best: list[Match], dense: list[Match], lexical: list[Match], index: SearchIndex
) -> list[Hit]:
    dense_ranks = {match.chunk_id: rank for rank, match in enumerate(dense, 1)}
    lexical_ranks = {match.chunk_id: rank for rank, match in enumerate(lexical, 1)}
    terms = frozenset(term.text for term in build_terms(question))
    chunks = index.load_chunks([match.chunk_id for match in best])
    return [
        Hit(
            chunk_id=match.chunk_id,
            document_id=chunk.document_id,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            score=match.score,
            dense_rank=dense_ranks.get(match.chunk_id),
            lexical_rank=lexical_ranks.get(match.chunk_id),
            terms=terms,
        )
        for match, chunk in zip(best, chunks, strict=True)
    ]

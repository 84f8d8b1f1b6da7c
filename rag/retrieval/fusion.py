"""Two rankings of the same windows made one."""

from __future__ import annotations

from collections.abc import Sequence

from rag.index.store import Match

RANK_OFFSET = 60


def fuse(dense: Sequence[Match], lexical: Sequence[Match]) -> list[Match]:
    """Fuse both rankings by reciprocal rank: a window scores the sum of 1 / (60 + rank) over those that hold it.

    Ranks need no common scale, which cosine and BM25 do not have. Ties go to the window ranked higher by words.

    Source: Cormack, Clarke, Büttcher (SIGIR 2009), "Reciprocal rank fusion outperforms Condorcet ...".
    """
    scores: dict[int, float] = {}
    for ranking in (lexical, dense):
        for rank, match in enumerate(ranking, 1):
            scores[match.chunk_id] = scores.get(match.chunk_id, 0.0) + 1.0 / (RANK_OFFSET + rank)
    return [Match(chunk_id, score) for chunk_id, score in sorted(scores.items(), key=lambda item: -item[1])]

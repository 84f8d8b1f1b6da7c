"""Search over a corpus whose texts were judged for each query, with the measures of ir-measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.evaluation.datasets import JudgedCorpus
from rag.evaluation.rows import Report, Row
from rag.extras import require
from rag.library.library import Library

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.ingest.ingest import IngestStep

EXTRA = "evaluation"
DEPTH = 100
"""Texts ranked for each query."""
SHOWN = 10
"""Texts named in a row."""
MEASURES = {"ndcg@10": "nDCG@10", "recall@10": "R@10", "recall@100": "R@100", "mrr@10": "RR@10", "map@100": "AP@100"}
"""Figures, and what ir-measures calls them."""


def evaluate_judged_retrieval(
    corpus: JudgedCorpus, settings: Settings, *, limit: int | None = None, progress: Progress | None = None
) -> Report:
    """Search the texts, cut into windows as a library cuts them, and rank each by its best window.

    Args:
        corpus: Texts, queries and judgements.
        settings: As a library takes them; `library` is not used.
        limit: Only the first queries; all texts stay.
        progress: Called with texts and queries done, and the number of both.

    Returns:
        "ndcg@10", "recall@10", "recall@100", "mrr@10" and "map@100" as ir-measures defines them, means over the
        queries; "n" queries, "passages" texts; one row a query.

    Raises:
        MissingExtraError: ir-measures is not installed.
    """
    require("ir_measures", EXTRA)  # told now, not after an hour
    queries = list(corpus.queries.items())[:limit]
    documents = list(corpus.documents.values())
    names = {document.id: name for name, document in corpus.documents.items()}
    total = len(documents) + len(queries)

    def count(step: IngestStep) -> None:
        if progress and step.stage == "done":
            progress(step.done, total)

    rankings: dict[str, list[str]] = {}
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        library.add_documents(documents, progress=count)
        for query, text in queries:
            rankings[query] = [names[found] for found in _rank_documents(library, text)]
            if progress:
                progress(len(documents) + len(rankings), total)
    rows = _measure(corpus, rankings)
    figures = {name: fmean(float(row[name]) for row in rows) for name in MEASURES}  # type: ignore[arg-type]
    return Report({**figures, "n": len(rows), "passages": len(documents)}, tuple(rows))


def _rank_documents(library: Library, query: str) -> list[str]:
    """Return the ids of the first documents, each at the rank of its best window."""
    k = DEPTH
    while True:
        hits = library.search(query, k=k)
        found = list(dict.fromkeys(hit.document_id for hit in hits))
        if len(found) >= DEPTH or len(hits) < k:
            return found[:DEPTH]
        k *= 2


def _measure(corpus: JudgedCorpus, rankings: dict[str, list[str]]) -> list[Row]:
    package = require("ir_measures", EXTRA)
    measures = {name: package.parse_measure(notation) for name, notation in MEASURES.items()}
    grades = {query: dict(corpus.grades[query]) for query in rankings}
    # A query that found nothing would be left out of the run and of the mean.
    run = {query: _score(texts) or {"": 0.0} for query, texts in rankings.items()}
    values = {query: dict.fromkeys(MEASURES, 0.0) for query in rankings}
    called = {str(measure): name for name, measure in measures.items()}
    for found in package.iter_calc(list(measures.values()), grades, run):
        values[found.query_id][called[str(found.measure)]] = float(found.value)
    return [
        {
            "id": query,
            "question": corpus.queries[query],
            "relevant": [text for text, grade in corpus.grades[query].items() if grade > 0],
            "found": texts[:SHOWN],
            **values[query],
        }
        for query, texts in rankings.items()
    ]


def _score(texts: Sequence[str]) -> dict[str, float]:
    """Return scores that keep the order: those of search may not fall with the rank where hits were reranked."""
    return {text: 1.0 / rank for rank, text in enumerate(texts, 1)}

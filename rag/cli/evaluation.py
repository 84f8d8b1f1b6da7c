"""The `rag evaluate` subcommands."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag.cli.self_test import evaluate_self
from rag.config.settings import Settings
from rag.errors import ArgumentError
from rag.evaluation.answers import evaluate_answers
from rag.evaluation.datasets import load_long_documents, load_squad
from rag.evaluation.faithfulness import evaluate_faithfulness
from rag.evaluation.faithfulness_plot import draw_faithfulness
from rag.evaluation.reading import evaluate_reading
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.rows import Report
from rag.explanation.explanation import METHODS
from rag.library.models import load_encoder, load_reader, load_reranker

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress


def _reading(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    return evaluate_reading(given.squad, load_reader(settings), limit=given.limit, progress=progress)


def _retrieval(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    return evaluate_retrieval(
        given.squad,
        given.pool,
        load_encoder(settings),
        mode=settings.mode,
        dense_share=settings.dense_share,
        reranker=load_reranker(settings) if settings.mode == "hybrid" and settings.reranked > 0 else None,
        reranked=settings.reranked,
        limit=given.limit,
        progress=progress,
    )


def _answers(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    return evaluate_answers(
        given.docs, given.questions, settings, limit=given.limit, trace=given.trace, progress=progress
    )


def _faithfulness(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    if bool(given.squad) == bool(given.docs and given.questions):
        raise ArgumentError("expected --squad FILE, or --docs FILE and --questions FILE, and not both; give one")
    dataset = load_squad(given.squad) if given.squad else load_long_documents(given.docs, given.questions)
    report = evaluate_faithfulness(
        dataset, settings, unit=given.level, methods=given.method or METHODS, limit=given.limit, progress=progress
    )
    if given.plot is not None:
        draw_faithfulness(report.figures, given.plot)
    return report


EVALUATIONS: dict[str, Callable[[Namespace, Settings, Progress | None], Report]] = {
    "reading": _reading,
    "retrieval": _retrieval,
    "answers": _answers,
    "faithfulness": _faithfulness,
    "self": evaluate_self,
}

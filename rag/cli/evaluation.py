"""The `rag evaluate` subcommands."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag.cli import conversation, needle, position, sweep
from rag.cli.dataset import load_dataset
from rag.cli.self_test import evaluate_self
from rag.config.settings import Settings
from rag.errors import ArgumentError
from rag.evaluation.answers import evaluate_answers
from rag.evaluation.datasets import load_beir
from rag.evaluation.faithfulness.evaluation import evaluate_faithfulness
from rag.evaluation.faithfulness.plot import draw_faithfulness
from rag.evaluation.judged_retrieval import evaluate_judged_retrieval
from rag.evaluation.reading import evaluate_reading
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.rows import Report
from rag.explanation.explanation import MANNERS, METHODS
from rag.library.models import load_encoder, load_reader, load_reranker

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress


def _reading(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    return evaluate_reading(given.squad, load_reader(settings), limit=given.limit, progress=progress)


def _retrieval(given: Namespace, settings: Settings, progress: Progress | None) -> Report:
    if bool(given.squad) == bool(given.beir):
        raise ArgumentError("expected --squad FILE or --beir FOLDER, and not both; give one")
    if given.beir:
        corpus = load_beir(given.beir, split=given.split)
        return evaluate_judged_retrieval(corpus, settings, limit=given.limit, progress=progress)
    return evaluate_retrieval(
        given.squad,
        given.pool,
        load_encoder(settings),
        mode=settings.mode,
        pool=settings.pool,
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
    report = evaluate_faithfulness(
        load_dataset(given),
        settings,
        unit=given.level,
        methods=given.method or METHODS,
        manners=given.manner or MANNERS,
        limit=given.limit,
        out=given.out,
        progress=progress,
    )
    if given.plot is not None:
        draw_faithfulness(report.figures, given.plot)
    return report


EVALUATIONS: dict[str, Callable[[Namespace, Settings, Progress | None], Report]] = {
    "reading": _reading,
    "retrieval": _retrieval,
    "answers": _answers,
    "faithfulness": _faithfulness,
    "needle": needle.run,
    "position": position.run,
    "sweep": sweep.run,
    "conversation": conversation.run,
    "self": evaluate_self,
}

"""What became of one question in a library: a flat row of numbers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rag.evaluation.budget import BUDGET, fill_budget, is_within_budget
from rag.evaluation.metrics import recall_at, score_exact_match, score_f1
from rag.evaluation.tracing import find_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evaluation.datasets import Question
    from rag.evaluation.rows import Row
    from rag.library.library import Library
    from rag.retrieval.hit import Hit

DEPTHS = (1, 5, 10)
RECALLS = (*(f"recall@{k}" for k in DEPTHS), f"recall@{BUDGET}c")
"""Columns of retrieval, None for questions without an answer."""


def measure_search(question: Question, library: Library) -> Row:
    """Search for a question, and say how far down its answer stands."""
    begun = time.perf_counter()
    hits = library.search(question.text, k=_count_hits(library))
    return {**_rate(question, hits), "search_seconds": round(time.perf_counter() - begun, 4)}


def measure_answer(question: Question, library: Library) -> Row:
    """Ask a question, and say what was found and how good the answer is; a refusal is the empty answer."""
    begun = time.perf_counter()
    answer = library.ask(question.text)
    seconds = time.perf_counter() - begun
    said = answer.text or ""
    known = bool(question.answers)
    hits = fill_budget(answer, library)
    if len(hits) < DEPTHS[-1]:
        hits = library.search(question.text, k=_count_hits(library))
    return {
        **_rate(question, hits),
        "prediction": said,
        "exact_match": score_exact_match(said, question.accepted) if known else None,
        "f1": score_f1(said, question.accepted) if known else None,
        "refused": answer.text is None,
        "confidence": round(answer.confidence, 4),
        "cited": None if answer.citation is None else f"{answer.citation.title} [{answer.citation.start}]",
        "seconds": round(seconds, 4),
    }


def _count_hits(library: Library) -> int:
    return max(DEPTHS[-1], 2 * BUDGET // library.settings.stride)


def _rate(question: Question, hits: Sequence[Hit]) -> Row:
    if not question.answers:
        return {"rank": None, **dict.fromkeys(RECALLS)}
    rank = find_rank(hits, question)
    found = [recall_at(rank, k=k) for k in DEPTHS]
    return {"rank": rank, **dict(zip(RECALLS, [*found, float(is_within_budget(hits, question))], strict=True))}

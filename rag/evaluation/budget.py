"""Recall within so many characters: what windows of any size can be compared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.evaluation.tracing import holds

if TYPE_CHECKING:
    from rag.evaluation.datasets import Question
    from rag.library.library import Library
    from rag.library.records import Answer
    from rag.retrieval.hit import Hit

BUDGET = 2000
"""Characters of "recall@2000c"."""


def fill_budget(answer: Answer, library: Library, *, least: int = 0) -> Sequence[Hit]:
    """Return the hits of an answer, or more of the same search when they are fewer than `least` or too short."""
    if len(answer.hits) >= least and sum(hit.end - hit.start for hit in answer.hits) >= BUDGET:
        return answer.hits
    more = max(len(answer.hits), least, 2 * BUDGET // library.settings.stride)
    return library.search(answer.search_question, k=more)


def is_within_budget(hits: Sequence[Hit], question: Question) -> bool:
    """Tell whether an accepted answer lies whole in the first `BUDGET` characters of the hits."""
    left = BUDGET
    for hit in hits:
        if left <= 0:
            return False
        if holds(hit, question, end=min(hit.end, hit.start + left)):
            return True
        left -= hit.end - hit.start
    return False

"""What a person can read of a list of hits: its first characters."""

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
"""Characters of "answer_recall@2000c"."""


def fill_budget(answer: Answer, library: Library) -> Sequence[Hit]:
    """Return the hits of the answer, or more of the same search when they are too short for the budget.

    The answer must have been searched for with the settings' number of hits: where it has fewer, there are no more.
    """
    found = sum(hit.end - hit.start for hit in answer.hits)
    if found >= BUDGET or len(answer.hits) < library.settings.hits:
        return answer.hits
    more = max(len(answer.hits), 2 * BUDGET // library.settings.stride)
    return library.search(answer.search_question, k=more)


def is_within_budget(hits: Sequence[Hit], question: Question) -> bool:
    """Tell whether an accepted span lies in the first characters of the hits, the last one cut."""
    left = BUDGET
    for hit in hits:
        if left <= 0:
            return False
        if holds(hit, question, end=min(hit.end, hit.start + left)):
            return True
        left -= hit.end - hit.start
    return False

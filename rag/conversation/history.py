"""Questions of a conversation made searchable with the turns before them.

「では、契約社員は？」 finds nothing by itself. What it leaves out stands in the turns before it, so these are put in
front: no more of them than needed, and only where the question leaves something out. The rules are about grammar and
know nothing of any document.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.conversation.ellipsis import is_elliptical

WINDOW = 200
"""Most characters of history put before a question."""


def build_search_question(question: str, history: Sequence[tuple[str, str]], *, window: int = WINDOW) -> str:
    """Return the question as it should be searched.

    A question that stands alone comes back as it is. One that leaves something out gets the turns before it in front,
    back to the last question that stood alone, as far as `window` goes.

    Args:
        question: The question as asked.
        history: Earlier questions and their answers ("" when there was none), oldest first.
        window: Most characters put before the question.

    Returns:
        At most `window` characters of history, and the question, joined by spaces.
    """
    question = question.strip()
    if not history or not is_elliptical(question):
        return question
    parts = [question]
    left = window
    for asked, answer in reversed(history):
        turn = " ".join(part for part in (asked.strip(), answer.strip()) if part)
        # The question of a turn says more about the topic than its answer: it is what stays when both do not fit.
        fitting = next((text for text in (turn, asked.strip()) if len(text) < left), "")
        if not fitting:
            break
        parts.insert(0, fitting)
        left -= len(fitting) + 1
        if not is_elliptical(asked):
            break
    return " ".join(parts)

"""The question that is searched and read, of the question asked and the turns before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.conversation.history import build_search_question
from rag.conversation.model_rewriting import Writer, rewrite_with_model
from rag.conversation.rewriting import rewrite_question
from rag.errors import ArgumentError

Conversation = Literal["rewrite", "history", "model", "none"]
"""How a question takes up the turns before it: said in full by rules, with the turns in front, said in full by the
reader where it writes, or not at all."""


def write_search_question(
    question: str, history: Sequence[tuple[str, str]], *, way: Conversation, writer: Writer | None = None
) -> str:
    """Return the question as it should be searched and read.

    Args:
        question: The question as asked.
        history: Earlier questions and their answers ("" when there was none), oldest first.
        way: How it takes them up.
        writer: The reader, for "model".

    Raises:
        ArgumentError: `way` is "model" and the reader does not write.
    """
    if way == "none":
        return question.strip()
    if way == "history":
        return build_search_question(question, history)
    if way == "rewrite":
        return rewrite_question(question, history)
    if writer is None:
        raise ArgumentError(
            "conversation is 'model' and the reader writes no text; expected rewrite, history or none, or a reader "
            "that writes: choose another with --reader"
        )
    return rewrite_with_model(question, history, writer)

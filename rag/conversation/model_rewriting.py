"""Questions of a conversation said in full by a model that writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from rag.conversation.history import WINDOW
from rag.conversation.rewriting import rewrite_question

TURNS = 3
"""Last turns shown to the model."""
INSTRUCTION = """\
会話の続きの質問を、それだけで意味が通じる一つの質問に書き直してください。
・省かれた言葉と、「それ」「その」が指す言葉を、会話の中の言葉で補う。
・会話にない言葉を加えない。答えは書かない。
・もとのままで意味が通じる質問は、そのまま写す。
・書き直した質問だけを一行で書く。
"""
_LABEL = re.compile(r"\A(?:書き直した)?質問[：:]\s*")


class Writer(Protocol):
    """A model that does what it is asked to."""

    def follow(self, request: str) -> str:
        """Return what the model writes."""
        ...


def rewrite_with_model(question: str, history: Sequence[tuple[str, str]], writer: Writer) -> str:
    """Return a question in words that stand alone, as a model puts it; without history, the question.

    Where the model writes nothing, or much more than the question and the window of history, the rules of
    `rewrite_question` are used instead: an answer or a talk about the question would spoil the search.

    Args:
        question: The question as asked.
        history: Earlier questions and their answers ("" when there was none), oldest first.
        writer: The model.

    Raises:
        ArgumentError: The conversation is too long for the model.
    """
    question = question.strip()
    if not history:
        return question
    written = _LABEL.sub("", writer.follow(build_request(question, history)).partition("\n")[0]).strip(
        "「」『』\"' \u3000"
    )
    return written if 0 < len(written) <= len(question) + WINDOW else rewrite_question(question, history)


def build_request(question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return what the model is asked, in Japanese: the last turns, and the question behind them."""
    turns = "".join(f"問：{asked.strip()}\n答：{answer.strip() or 'なし'}\n" for asked, answer in history[-TURNS:])
    return f"{INSTRUCTION}\n会話：\n{turns}\n続きの質問：{question}\n\n書き直した質問："

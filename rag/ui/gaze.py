"""Which part of the gaze a person wants to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rag.explanation.explanation import Explanation, TokenAttention
from rag.explanation.shading import Shades

MEAN = 0
"""Choice of a layer or head that stands for the mean over all; the others count from 1."""

Unit = Literal["sentence", "word", "token"]
Rows = Literal["answer", "question"]


@dataclass(frozen=True, slots=True)
class View:
    """What was chosen on the page: unit of shading, layer, head, and whose rows of the attention.

    `token` is one token of a generated answer, for which layers and heads are always the mean.
    """

    unit: Unit = "sentence"
    layer: int = MEAN
    head: int = MEAN
    rows: Rows = "answer"
    token: int = MEAN

    @property
    def is_whole(self) -> bool:
        """Whether the answer's gaze is wanted as a whole, not that of one layer, head or token."""
        return self.rows == "answer" and self.layer == self.head == self.token == MEAN


def build_shades(explanation: Explanation | None, view: View) -> Shades:
    """Show the scores of an explanation, or fold the attention kept in it as chosen; no model runs. Empty without one.

    A layer, head or token that is not there (chosen while another answer was shown) counts as the mean.
    """
    from rag.explanation.folding import fold_attention

    if explanation is None:
        return Shades()
    if explanation.method != "mean" and view.is_whole and view.unit != "token":
        return Shades(explanation.passages, explanation.sentences, explanation.words)
    if view.rows == "answer":
        explanation = replace(explanation, tokens=_choose_token(explanation.tokens, view.token))
    layers, heads, _ = explanation.tokens.answer.shape
    tokens, words, sentences, passages = fold_attention(
        explanation, layer=_pick(view.layer, layers), head=_pick(view.head, heads), rows=view.rows
    )
    pieces = words if view.unit == "word" else tokens
    return Shades(tuple(passages), tuple(sentences), tuple(pieces))


def _choose_token(attention: TokenAttention, choice: int) -> TokenAttention:
    """Put the gaze of one token in the place of the whole answer's."""
    index = None if attention.steps is None else _pick(choice, len(attention.steps))
    if index is None or attention.steps is None:
        return attention
    return replace(attention, answer=attention.steps[index][None, None])


def _pick(choice: int, count: int) -> int | None:
    return choice - 1 if MEAN < choice <= count else None

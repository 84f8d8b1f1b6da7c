"""Which part of the gaze a person wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.explanation.explanation import Explanation
from rag.explanation.shading import Shades

MEAN = 0
"""Choice of a layer or head that stands for the mean over all; the others count from 1."""

Unit = Literal["sentence", "word", "token"]
Rows = Literal["answer", "question"]


@dataclass(frozen=True, slots=True)
class View:
    """What was chosen on the page: unit of shading, layer, head, and whose rows of the attention."""

    unit: Unit = "sentence"
    layer: int = MEAN
    head: int = MEAN
    rows: Rows = "answer"


def build_shades(explanation: Explanation | None, view: View) -> Shades:
    """Fold the attention kept in an explanation as chosen; no model runs. Empty without an explanation.

    A layer or head the model does not have (chosen while another model was in use) counts as the mean.
    """
    from rag.explanation.folding import fold_attention

    if explanation is None:
        return Shades()
    layers, heads, _ = explanation.tokens.answer.shape
    tokens, words, sentences, passages = fold_attention(
        explanation, layer=_pick(view.layer, layers), head=_pick(view.head, heads), rows=view.rows
    )
    pieces = words if view.unit == "word" else tokens
    return Shades(tuple(passages), tuple(sentences), tuple(pieces))


def _pick(choice: int, count: int) -> int | None:
    return choice - 1 if MEAN < choice <= count else None

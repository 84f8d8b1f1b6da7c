"""An explanation: scores on the source text of the passages read, and how the answer fared without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

METHODS = ("calibrated", "mean", "rollout", "gradient", "surrogate", "removal", "retriever", "random")
"""Names of the explanation methods."""
Manner = Literal["delete", "mask"]
"""How text is taken away: deleting closes the gap, so that the text gets shorter and what follows moves; masking leaves
hidden tokens."""
MANNERS: tuple[Manner, ...] = ("delete", "mask")
Verdict = Literal["supported", "neutral", "parted"]
GAP = 0.1
"""Nats by which removals have to differ to say something."""


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """A stretch of a document with its share of the attention; `text` is the document's own slice."""

    document_id: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Removal:
    """Fall of the answer's log-probability, in nats, when sentences are removed.

    The span of an answer that was marked always stays; a generated answer has none, so of its sources nothing does.

    `attended`: without the sentences of the best scores; `random`: mean over draws of as many random ones. `agreement`:
    Kendall's τ between the scores of single sentences and their effects, None where there is nothing to compare.
    """

    attended: float
    random: float
    removed: tuple[ScoredSpan, ...]
    agreement: float | None = None

    @property
    def verdict(self) -> Verdict:
        """What the check says of the explanation.

        Where removing the named sentences tells, that decides; single removals, most of which hardly matter, are asked
        only where it does not.
        """
        gap = self.attended - self.random
        if gap >= GAP:
            return "supported"
        opposed = self.agreement is not None and self.agreement < 0
        return "parted" if opposed or gap <= -GAP else "neutral"


@dataclass(frozen=True, slots=True)
class TokenAttention:
    """Attention from the answer's and the question's rows to every token of the passages read.

    `spans` are the tokens' places: Shape: (tokens, 2), code points of their document; `passages` the index of the
    passage each belongs to. `answer` and `question` hold mean rows: Shape: (layers, heads, tokens).

    For a generated answer, `written` are the places of its own tokens in its text: Shape: (answer tokens, 2), and
    `steps` where the model looked when it wrote each, mean over layers and heads: Shape: (answer tokens, tokens).
    """

    spans: NDArray[np.int64]
    passages: NDArray[np.int64]
    answer: NDArray[np.float32]
    question: NDArray[np.float32]
    written: NDArray[np.int64] | None = None
    steps: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the reader looked for one answer.

    `method` says where the scores come from; those of each unit add up to one over all passages. `tokens` is kept so
    that any layer and head can be folded again by `fold_attention` without running the model.
    """

    method: str
    tokens: TokenAttention
    words: tuple[ScoredSpan, ...]
    sentences: tuple[ScoredSpan, ...]
    passages: tuple[ScoredSpan, ...]
    removal: Removal | None

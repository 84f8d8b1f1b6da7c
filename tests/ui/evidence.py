"""An answer with its evidence, made by hand: two passages of four words each, two layers of two heads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from rag.explanation.explanation import Explanation, Removal, ScoredSpan, TokenAttention
from rag.library.records import Answer, Citation, Seconds
from rag.reading.answer import Span
from rag.retrieval.hit import Hit, Passage
from rag.ui.session import Exchange, Place

QUESTION = "食堂は何時に<閉まり>ますか"
TITLE = "社内&案内"
START = 10
"""Where the first passage begins in its document."""
FIRST, SECOND = "食堂は午後二時に閉まる。庭は<b>閉まらない。", "駐車場は夜に閉まる。門は朝に開く。"
FIRST_CUTS, SECOND_CUTS = (0, 3, 7, 12, 23), (0, 4, 10, 12, 17)
ANSWER = "午後二時"

PASSAGES = (
    Passage("a", START, START + len(FIRST), FIRST, 2.0),
    Passage("b", 0, len(SECOND), SECOND, 1.0),
)
ROWS = np.array(
    [
        [[[0.1, 0.6, 0.2, 0.0, 0.0, 0.05, 0.05, 0.0], [0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0]]],
        [[[0.0, 0.0, 0.0, 0.0, 0.7, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2, 0.05, 0.05, 0.05, 0.05]]],
    ],
    dtype=np.float32,
).reshape(2, 2, 8)
"""Shape: (layers, heads, tokens)."""


def build_explanation(*, removal: Removal | None = Removal(2.0, 0.1, ())) -> Explanation:  # noqa: B008 - frozen
    """Build what the gaze of the answer gives; the question's is the other way round."""
    words = _score(_cut(PASSAGES[0], FIRST_CUTS) + _cut(PASSAGES[1], SECOND_CUTS), ROWS.mean((0, 1)))
    halves = ((0, 12, len(FIRST)), (0, 10, len(SECOND)))
    sentences = [span for passage, cuts in zip(PASSAGES, halves, strict=True) for span in _cut(passage, cuts)]
    whole = [ScoredSpan(each.document_id, each.start, each.end, each.text, 0.0) for each in PASSAGES]
    return Explanation(
        method="mean",
        tokens=TokenAttention(
            spans=np.array([(word.start, word.end) for word in words]),
            passages=np.array([0] * 4 + [1] * 4),
            answer=ROWS,
            question=ROWS[::-1, ::-1, ::-1].copy(),
        ),
        words=words,
        sentences=tuple(sentences),
        passages=tuple(whole),
        removal=removal,
    )


def build_answer(*, found: bool = True, confidence: float = 0.8, explained: bool = True) -> Answer:
    """Build an answer, or the statement that there is none, with two candidates."""
    place = START + FIRST.index(ANSWER)
    spans = (
        Span("a", place, place + len(ANSWER), ANSWER, 3.0, 0.7),
        Span("b", 4, 6, SECOND[4:6], 1.0, 0.1),
        Span("b", 12, 14, SECOND[12:14], 0.0, 0.01),
    )
    hit = Hit(1, "a", START, START + len(FIRST), FIRST, 2.0, 3, 1, frozenset(("食堂", "締まる")), 4.5)
    return Answer(
        question=QUESTION,
        search_question=QUESTION,
        text=ANSWER if found else None,
        confidence=confidence,
        no_answer=not found,
        answerability=1.0,
        citation=Citation("a", TITLE, place, place + len(ANSWER), "4", (TITLE, "第2条"), ANSWER) if found else None,
        spans=spans,
        hits=(hit, replace(hit, document_id="b", start=0, end=len(SECOND), lexical_rank=None, terms=frozenset())),
        passages=PASSAGES,
        passage_scores=(0.7, 0.1),
        seconds=Seconds(retrieve=0.25, read=0.5, explain=1.0 if explained else 0.0),
        explanation=build_explanation() if explained else None,
    )


def build_exchange(answer: Answer, *, question: str = QUESTION, error: str | None = None) -> Exchange:
    """Build an exchange with the places of the two passages."""
    return Exchange(question, answer, (Place(TITLE, (TITLE, "第2条"), "4"), Place("<門>", (), None)), error)


def _cut(passage: Passage, cuts: tuple[int, ...]) -> list[ScoredSpan]:
    return [
        ScoredSpan(passage.document_id, passage.start + start, passage.start + end, passage.text[start:end], 0.0)
        for start, end in pairwise(cuts)
    ]


def _score(spans: list[ScoredSpan], scores: np.ndarray) -> tuple[ScoredSpan, ...]:
    return tuple(replace(span, score=float(score)) for span, score in zip(spans, scores, strict=True))

"""Where a wrong answer went wrong: the first stage, from search to borders of the span, that lost what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.metrics import RIGHT, Rule, score_f1
from rag.library.records import Answer

Fate = Literal[
    "right",
    "right_refusal",
    "not_retrieved",
    "cut",
    "not_read",
    "wrongly_refused",
    "other_passage",
    "wrong_span",
    "boundary",
    "wrongly_answered",
]
"""What became of a question, in the order of the stages.

- ``right``, ``right_refusal``: answered as accepted; said that there is no answer, and there is none.
- ``not_retrieved``: no hit touches an accepted span.
- ``cut``: hits touch one, none holds it whole.
- ``not_read``: a hit holds one, no passage that was read does.
- ``wrongly_refused``: a passage holds one, the reader said that there is no answer.
- ``other_passage``: the reader answered from a passage that holds none.
- ``wrong_span``: from one that does, but beside it.
- ``boundary``: the answer overlaps an accepted span.
- ``wrongly_answered``: the question has no answer.
"""
FATES: tuple[Fate, ...] = get_args(Fate)
RIGHT_FATES: tuple[Fate, ...] = ("right", "right_refusal")


class Stretch(Protocol):
    """A hit, passage or span: `start:end` are code points of the document."""

    @property
    def document_id(self) -> str:
        """Id of the document."""

    @property
    def start(self) -> int:
        """Offset of the first character."""

    @property
    def end(self) -> int:
        """Offset after the last character."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of one question.

    `rank` is that of the first hit that holds an accepted span, `passage` that of the first passage read that does,
    both from 1; None where there is none. `candidate_right` says of a refusal whether the best candidate would have
    been right, and is None elsewhere.
    """

    fate: Fate
    rank: int | None
    passage: int | None
    candidate_right: bool | None


def place_answer(question: Question, answer: Answer, *, rule: Rule = "plain") -> Placement:
    """Find the first stage that lost the accepted answer.

    A refusal counts against the search where no passage held the answer, unless the best candidate would have been
    right all the same: the same words may stand at another place.
    """
    refused = answer.text is None
    candidate_right = None
    if refused and question.answers:
        candidate_right = bool(answer.spans) and _is_right(answer.spans[0].text, question, rule)
    return Placement(
        fate=_choose_fate(question, answer, rule, candidate_right=bool(candidate_right)),
        rank=find_rank(answer.hits, question),
        passage=find_rank(answer.passages, question),
        candidate_right=candidate_right,
    )


def find_rank(stretches: Sequence[Stretch], question: Question) -> int | None:
    """Return the number, from 1, of the first stretch that holds an accepted span whole."""
    return next((rank for rank, stretch in enumerate(stretches, 1) if holds(stretch, question)), None)


def holds(stretch: Stretch, question: Question, *, end: int | None = None) -> bool:
    """Tell whether an accepted span lies in the stretch, or in what of it stands before `end`."""
    limit = stretch.end if end is None else end
    return stretch.document_id == question.document_id and any(
        stretch.start <= accepted.start and accepted.end <= limit for accepted in question.answers
    )


def count_fates(placements: Iterable[Placement]) -> dict[str, float]:
    """Count questions by what became of them, and the wrong refusals whose best candidate would have been right."""
    listed = list(placements)
    counts = Counter(placement.fate for placement in listed)
    lost = sum(placement.fate == "wrongly_refused" and bool(placement.candidate_right) for placement in listed)
    return {**{fate: counts[fate] for fate in FATES}, "wrongly_refused_candidate_right": lost}


def _choose_fate(question: Question, answer: Answer, rule: Rule, *, candidate_right: bool) -> Fate:
    if not question.answers:
        return "right_refusal" if answer.text is None else "wrongly_answered"
    if answer.text is not None and _is_right(answer.text, question, rule):
        return "right"
    if candidate_right:
        return "wrongly_refused"
    if find_rank(answer.passages, question) is None:
        return _choose_lost(question, answer)
    return "wrongly_refused" if answer.text is None else _choose_misread(question, answer)


def _choose_lost(question: Question, answer: Answer) -> Fate:
    """Say how an answer that stood in no passage read was lost."""
    if find_rank(answer.hits, question) is not None:
        return "not_read"
    return "cut" if any(_touches(hit, question) for hit in answer.hits) else "not_retrieved"


def _choose_misread(question: Question, answer: Answer) -> Fate:
    """Say how an answer that stood in a passage was missed; a written answer without a place is from elsewhere."""
    if not answer.spans:
        return "other_passage"
    best = answer.spans[0]
    if _touches(best, question):
        return "boundary"
    beside = any(_contains(passage, best) and holds(passage, question) for passage in answer.passages)
    return "wrong_span" if beside else "other_passage"


def _is_right(text: str, question: Question, rule: Rule) -> bool:
    return score_f1(text, question.accepted, rule=rule) >= RIGHT


def _touches(stretch: Stretch, question: Question) -> bool:
    return stretch.document_id == question.document_id and any(
        _overlap(stretch, accepted) for accepted in question.answers
    )


def _overlap(stretch: Stretch, accepted: GoldAnswer) -> bool:
    return stretch.start < accepted.end and accepted.start < stretch.end


def _contains(passage: Stretch, inner: Stretch) -> bool:
    return passage.document_id == inner.document_id and passage.start <= inner.start and inner.end <= passage.end

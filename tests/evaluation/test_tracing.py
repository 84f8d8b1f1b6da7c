"""Cases made by hand: a document "d" of which the search found and the reader read what each case says."""

from __future__ import annotations

import pytest

from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.tracing import FATES, Fate, Placement, count_fates, find_rank, holds, place_answer
from rag.library.records import Answer, Seconds
from rag.reading.answer import Span
from rag.retrieval.hit import Hit, Passage

#          0         10        20        30
TEXT = "休暇は年に二十日とする。夏は五日、冬は六日である。"
YEAR, SUMMER = GoldAnswer("年に二十日", 3), GoldAnswer("五日", 14)
WHOLE = (0, len(TEXT))


def build_question(*answers: GoldAnswer) -> Question:
    assert all(TEXT[answer.start : answer.end] == answer.text for answer in answers)
    return Question("q", "d", "休暇は何日か", answers)


def build_answer(
    said: tuple[int, int] | None,
    *,
    read: tuple[tuple[int, int], ...] = (WHOLE,),
    found: tuple[tuple[int, int], ...] | None = None,
    refuses: bool = False,
    document: str = "d",
) -> Answer:
    """Build an answer whose best candidate is `said`; `found` and `read` are windows and passages."""
    spans = () if said is None else (Span(document, *said, TEXT[slice(*said)], 1.0, 0.5),)
    windows = read if found is None else found
    return Answer(
        question="休暇は何日か",
        search_question="休暇は何日か",
        text=None if refuses or not spans else spans[0].text,
        confidence=0.5,
        no_answer=refuses,
        answerability=0.0,
        citation=None,
        spans=spans,
        hits=tuple(Hit(number, document, *at, TEXT[slice(*at)], 1.0, 1, 1) for number, at in enumerate(windows)),
        passages=tuple(Passage(document, *at, TEXT[slice(*at)], 1.0) for at in read),
        passage_scores=(0.5,) * len(read),
        seconds=Seconds(0.0, 0.0),
    )


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (build_answer((3, 8)), "right"),
        (build_answer((3, 8), read=((12, 25),)), "right"),  # the words count, not the place
        (build_answer((14, 16), read=((12, 25),)), "not_retrieved"),
        (build_answer((14, 16), document="e"), "not_retrieved"),
        (build_answer((6, 8), read=((6, 25),)), "cut"),
        (build_answer((6, 8), read=((6, 25),), found=((6, 25), (0, 12))), "not_read"),
        (build_answer((14, 16), read=((0, 12), (12, 25))), "other_passage"),
        (build_answer((14, 16)), "wrong_span"),
        (build_answer((5, 8)), "boundary"),
        (build_answer((7, 25)), "boundary"),
        (build_answer((8, 12)), "wrong_span"),  # touches the end, shares nothing
        (build_answer((14, 16), refuses=True), "wrongly_refused"),
        (build_answer(None, refuses=True), "wrongly_refused"),
        (build_answer(None, read=((12, 25),), refuses=True), "not_retrieved"),
        # Two windows cut it, but the passage they make together does not.
        (build_answer((14, 16), found=((0, 6), (4, 25))), "wrong_span"),
    ],
)
def test_the_first_stage_that_lost_the_answer_is_named(answer: Answer, fate: Fate) -> None:
    assert place_answer(build_question(YEAR), answer).fate == fate


@pytest.mark.parametrize(("refuses", "fate"), [(True, "right_refusal"), (False, "wrongly_answered")])
def test_a_question_without_an_answer(refuses: bool, fate: Fate) -> None:
    placement = place_answer(build_question(), build_answer((3, 8), refuses=refuses))
    assert placement == Placement(fate, rank=None, passage=None, candidate_right=None)


def test_a_refusal_says_whether_the_best_candidate_was_right() -> None:
    right = place_answer(build_question(YEAR), build_answer((3, 8), refuses=True))
    assert right == Placement("wrongly_refused", rank=1, passage=1, candidate_right=True)
    wrong = place_answer(build_question(YEAR), build_answer((14, 16), refuses=True))
    assert wrong == Placement("wrongly_refused", rank=1, passage=1, candidate_right=False)
    # The same words at another place would have been right, although the accepted place was not found.
    elsewhere = place_answer(build_question(YEAR), build_answer((3, 8), document="e", refuses=True))
    assert elsewhere == Placement("wrongly_refused", rank=None, passage=None, candidate_right=True)


def test_any_accepted_answer_will_do_and_ranks_count_from_one() -> None:
    placement = place_answer(
        build_question(YEAR, SUMMER),
        build_answer((22, 24), read=((17, 25), (12, 17)), found=((17, 25), (0, 3), (3, 16))),
    )
    assert placement == Placement("other_passage", rank=3, passage=2, candidate_right=None)


def test_a_stretch_holds_an_answer_whole_or_not_at_all() -> None:
    question = build_question(YEAR)
    assert [holds(Passage("d", 3, 8, "年に二十日", 1.0), question, end=end) for end in (None, 8, 7)] == [
        True,
        True,
        False,
    ]
    assert not holds(Passage("d", 4, 20, TEXT[4:20], 1.0), question)
    assert find_rank([], question) is None


def test_counts_name_every_fate_and_refusals_that_would_have_been_right() -> None:
    placements = [
        Placement("right", 1, 1, None),
        Placement("wrongly_refused", 1, 1, candidate_right=True),
        Placement("wrongly_refused", 1, 1, candidate_right=False),
        Placement("cut", None, None, candidate_right=False),
    ]
    counts = count_fates(placements)
    assert list(counts) == [*FATES, "wrongly_refused_candidate_right"]
    assert {name: count for name, count in counts.items() if count} == {
        "right": 1, "cut": 1, "wrongly_refused": 2, "wrongly_refused_candidate_right": 1,
    }  # fmt: skip

"""The plan of a needle test: every question at every depth of every length, in as few haystacks as that takes."""

from __future__ import annotations

from collections import Counter

import pytest

from rag.documents.document import Document
from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Dataset, GoldAnswer, Question
from rag.evaluation.longtext.distractors import DistractorPool
from rag.evaluation.longtext.gold import GoldPassage
from rag.evaluation.longtext.hay import Hay
from rag.evaluation.longtext.needle_grid import NeedleGrid
from rag.evaluation.longtext.needle_plan import Batch, group_passages, plan_stacks, share_hay

HAY = Hay([Document("h", "", "空は青い。" * 1000, "h")])


def build(number: int, answer: str, *, document: str = "d", text: str = "") -> GoldPassage:
    text = text or f"{number}号室の広さは{answer}である。"
    question = Question(f"q{number}", document, f"{number}号室の広さは", (GoldAnswer(answer, text.index(answer)),))
    return GoldPassage(question, 0, text)


ROOMS = [build(number, f"{name}畳") for number, name in enumerate("一二三四五六七")]
POOL = DistractorPool([room.question for room in ROOMS])


def test_every_question_is_asked_once_at_every_depth_of_every_length_and_once_without_its_needle() -> None:
    grid = NeedleGrid(lengths=(1000, 5000), depths=(0, 50, 100), distractors=0)
    stacks = list(plan_stacks([Batch(HAY, tuple(ROOMS))], grid, size=100, pool=POOL))
    asked = Counter((s.length, a.depth, a.passage.question.id) for s in stacks for a in s.asked)
    assert asked == Counter(
        (length, depth, f"q{number}") for length in (1000, 5000) for depth in (0, 50, 100, None) for number in range(7)
    )
    for stack in stacks:
        held = [(needle.passage.question.id, needle.depth) for needle in stack.needles]
        assert held == [(a.passage.question.id, a.depth) for a in stack.asked if a.depth is not None]
        assert len(stack.group) * 100 <= 0.2 * stack.length
    # Two needles fit into a fifth of 1,000 characters, all seven into that of 5,000; each group takes four turns.
    assert [stack.length for stack in stacks] == [1000] * 4 * 4 + [5000] * 4


def test_all_turns_of_a_group_have_the_same_hay_and_depths_are_shared_out() -> None:
    grid = NeedleGrid(lengths=(5000,), depths=(0, 100), distractors=0, needles=3)
    first, *others = plan_stacks([Batch(HAY, tuple(ROOMS[:3]))], grid, size=100, pool=POOL)
    assert [(other.start, other.room) for other in others] == [(first.start, first.room)] * 2
    assert [asked.depth for asked in first.asked] == [0, 100, None]
    assert [asked.depth for asked in others[0].asked] == [100, None, 0]


def test_passages_that_hold_the_answer_to_another_question_are_not_hidden_together() -> None:
    wide = build(8, "八畳", text="八畳の部屋と１２畳の部屋がある。")
    twelve = build(9, "12畳")
    groups = group_passages([ROOMS[0], wide, twelve, ROOMS[1]], most=9)
    assert groups == [[ROOMS[0], wide, ROOMS[1]], [twelve]]


def test_distractors_stand_in_haystacks_of_their_own_that_have_room_for_them() -> None:
    grid = NeedleGrid(lengths=(500, 5000), depths=(0, 100), distractors=2)
    stacks = [
        s for s in plan_stacks([Batch(HAY, tuple(ROOMS))], grid, size=100, pool=POOL) if s.condition == "distractors"
    ]
    assert {stack.length for stack in stacks} == {5000}
    for stack in stacks:
        own = {asked.passage.question.answers[0].text for asked in stack.asked}
        assert len(stack.decoys) == sum(len(asked.decoys) for asked in stack.asked)
        for asked in stack.asked:
            assert asked.depth in (0, 100)
            assert asked.relation is not None
            assert not own & set(asked.decoys)
        assert not any(answer in decoy.text for answer in own for decoy in stack.decoys)


def test_needles_with_distractors_are_shared_out_over_the_depths_also_where_each_is_alone() -> None:
    grid = NeedleGrid(lengths=(1000,), depths=(0, 50, 100), distractors=2)
    stacks = [
        s for s in plan_stacks([Batch(HAY, tuple(ROOMS))], grid, size=100, pool=POOL) if s.condition == "distractors"
    ]
    assert [[asked.depth for asked in stack.asked] for stack in stacks] == [[0], [50], [100], [0], [50], [100], [0]]


def test_documents_are_batched_as_long_as_they_leave_enough_hay() -> None:
    sizes = {"a": 50, "b": 40, "c": 30, "d": 20, "e": 60}
    dataset = Dataset({name: Document(name, "", "字" * size, name) for name, size in sizes.items()}, ())
    passages = [build(number, "一畳", document=name) for number, name in enumerate("abcd")]
    batches = share_hay(dataset, passages, None, longest=110)
    found = [
        ([p.question.document_id for p in batch.passages], [document.id for document in batch.hay.documents])
        for batch in batches
    ]
    # 200 characters in all: two documents may be asked about together when they leave 115.5.
    assert found == [(["a", "c"], ["b", "d", "e"]), (["b", "d"], ["a", "c", "e"])]


def test_other_hay_serves_all_passages() -> None:
    dataset = Dataset({}, ())
    (batch,) = share_hay(dataset, ROOMS, HAY, longest=5000)
    assert (batch.hay, batch.passages) == (HAY, tuple(ROOMS))


def test_too_little_hay_is_told_before_anything_is_measured() -> None:
    with pytest.raises(DatasetError, match=r"hay: 5,000 characters .* expected 5,001"):
        share_hay(Dataset({}, ()), ROOMS, HAY, longest=5001)
    documents = {"d": Document("d", "", "字" * 900, "d"), "e": Document("e", "", "字" * 99, "e")}
    with pytest.raises(DatasetError, match=r"hay: 99 characters .* expected 500"):
        share_hay(Dataset(documents, ()), ROOMS, None, longest=500)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (NeedleGrid(lengths=()), "lengths"), (NeedleGrid(lengths=(100,)), "200 or more"),
        (NeedleGrid(lengths=(500, 500)), "different"), (NeedleGrid(depths=()), "at least one"),
        (NeedleGrid(depths=(0, 101)), "0 to 100"), (NeedleGrid(depths=(5, 5)), "different"),
        (NeedleGrid(needles=0), "needles 0"),
    ],
)  # fmt: skip
def test_grids_that_make_no_sense_are_named(grid: NeedleGrid, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        grid.check()

from __future__ import annotations

import numpy as np
import pytest

from rag.attention.heads import REACH, find_strongest, measure_entropy, profile_heads
from rag.errors import ArgumentError

IDS = [1, 5, 6, 1, 7, 5, 1]  # [CLS] 猫 は [SEP] 見 猫 [SEP], of which the first two tokens with text are the question
SPECIAL = [True, False, False, True, False, False, True]
SIZE = len(IDS)


def look(*targets: int) -> np.ndarray:
    """Each token looks at one other."""
    return np.eye(SIZE, dtype=np.float32)[list(targets)]


HEADS = {
    "previous": look(0, 0, 1, 2, 3, 4, 5),
    "next": look(1, 2, 3, 4, 5, 6, 6),
    "same": look(0, 5, 2, 0, 4, 1, 6),
    "delimiter": look(0, 3, 3, 3, 3, 3, 3),
    "answer": look(0, 4, 4, 0, 1, 2, 0),
}


def profile() -> dict[str, object]:
    maps = np.stack([*HEADS.values(), np.full((SIZE, SIZE), 1 / SIZE, dtype=np.float32)])[None]
    profiles = profile_heads(maps, ids=IDS, special=SPECIAL, question=(1, 3), answer=(4, 5))
    return dict(zip([*HEADS, "even"], profiles, strict=True))


@pytest.mark.parametrize("habit", HEADS)
def test_a_head_is_named_after_its_habit(habit: str) -> None:
    head = profile()[habit]
    assert head.shares[habit] == 1.0
    assert head.habits[0] == habit
    assert head.entropy == 0.0


def test_a_head_without_habit_has_no_name() -> None:
    even = profile()["even"]
    assert even.habits == ()
    assert even.entropy == pytest.approx(np.log2(SIZE), abs=1e-6)
    assert even.shares["delimiter"] == pytest.approx(3 / SIZE)
    assert even.shares["answer"] == pytest.approx(1 / SIZE)


def test_distances_are_those_of_tokens_with_text() -> None:
    heads = profile()
    assert heads["previous"].distance == 1.0
    assert heads["previous"].profile[REACH - 1] == 1.0
    assert heads["next"].profile[REACH + 1] == 1.0
    assert heads["delimiter"].distance == pytest.approx((2 + 1 + 1 + 2) / 4)
    assert len(heads["even"].profile) == 2 * REACH + 1


def test_the_strongest_head_of_each_habit_is_found() -> None:
    strongest = find_strongest(tuple(profile().values()))
    assert {habit: each.head for habit, each in strongest.items()} == {
        "previous": 0, "next": 1, "same": 2, "delimiter": 3, "answer": 4,
    }  # fmt: skip


def test_without_a_question_nobody_looks_at_an_answer() -> None:
    maps = np.stack(list(HEADS.values()))[None]
    assert set(profile_heads(maps, ids=IDS, special=SPECIAL)[0].shares) == {"previous", "next", "same", "delimiter"}
    assert find_strongest(()) == {}


def test_entropy_is_in_bits() -> None:
    np.testing.assert_allclose(measure_entropy([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4]), [0, 1, 2])


def test_maps_that_do_not_fit_the_tokens_are_named() -> None:
    with pytest.raises(ArgumentError, match=r"maps have shape \(1, 1, 3, 3\) for 7 ids"):
        profile_heads(np.zeros((1, 1, 3, 3), dtype=np.float32), ids=IDS, special=SPECIAL)

"""Things that a text names."""

from __future__ import annotations

import pytest

from rag.text.things import list_things


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("青空商会の本店はどこですか", ["青空商会", "本店"]),
        ("現在のため、何人が来ますか", []),
        ("駅で花を売る", []),
        ("取締役は何名ですか", ["取締役"]),
    ],
)
def test_things_are_runs_of_nouns_that_name_something(text: str, things: list[str]) -> None:
    assert [thing for thing, _ in list_things(text)] == things


def test_things_of_one_kind_are_told_by_their_last_noun() -> None:
    kinds = dict(list_things("札幌と小樽に本店がある"))
    assert kinds["札幌"] == kinds["小樽"] != kinds["本店"]

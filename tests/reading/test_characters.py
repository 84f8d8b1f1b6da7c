from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.characters import cover_characters


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        pytest.param("休暇を", (0, 2), "休暇", id="plain"),
        pytest.param("かか\u3099か", (0, 2), "かか\u3099", id="mark after"),
        pytest.param("かか\u3099か", (2, 4), "か\u3099か", id="mark before"),
        pytest.param("ﾊﾞｽ", (0, 1), "ﾊﾞ", id="half-width mark after"),
        pytest.param("ﾊﾟｽ", (1, 3), "ﾊﾟｽ", id="half-width mark before"),
        pytest.param("葛\U000e0100城", (0, 1), "葛\U000e0100", id="variation selector"),
        pytest.param("x👨\u200d👩\u200d👧y", (2, 3), "👨\u200d👩\u200d👧", id="joined emoji"),
        pytest.param("x👨\u200d👩y", (3, 4), "👨\u200d👩", id="last of joined emoji"),
        pytest.param("👍🏽。", (0, 1), "👍🏽", id="skin tone"),
        pytest.param("\u3099か", (0, 2), "\u3099か", id="mark at the beginning"),
        pytest.param("か\u3099", (0, 1), "か\u3099", id="mark at the end"),
        pytest.param("\ud800か", (0, 1), "\ud800", id="surrogate"),
    ],
)
def test_cover_characters(text: str, span: tuple[int, int], expected: str) -> None:
    start, end = cover_characters(text, *span)
    assert text[start:end] == expected


@given(st.text(alphabet="かﾊﾞ\u3099\u200d👨🏽葛\U000e0100", min_size=1, max_size=12), st.data())
def test_covering_widens_once(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    covered = cover_characters(text, start, end)
    assert covered[0] <= start < end <= covered[1]
    assert cover_characters(text, *covered) == covered

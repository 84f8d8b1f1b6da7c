"""How windows are made, written down and read again."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from rag.chunks.context import Context
from rag.chunks.windowing import Pooling, Windowing, read_context
from rag.chunks.windows import Boundary, Unit


@pytest.mark.parametrize(
    ("windowing", "written"),
    [
        (Windowing(400, 200), "400/200 characters"),
        (Windowing(400, 200, "tokens"), "400/200 tokens"),
        (Windowing(400, 200, context="heading"), "400/200 characters heading"),
        (Windowing(400, 200, boundary="articles"), "400/200 characters by articles"),
        (
            Windowing(9, 9, "tokens", "characters", "title_heading", "document"),
            "9/9 tokens by characters title_heading late",
        ),
    ],
)
def test_what_older_libraries_knew_is_written_as_they_wrote_it(windowing: Windowing, written: str) -> None:
    assert str(windowing) == written


def test_what_is_written_is_read_again() -> None:
    choices = product(get_args(Unit), get_args(Boundary), get_args(Context), get_args(Pooling))
    for unit, boundary, context, pooling in choices:
        windowing = Windowing(30, 20, unit, boundary, context, pooling)
        assert Windowing.read(str(windowing)) == windowing
        assert read_context(str(windowing)) == context


@pytest.mark.parametrize("written", ["", "400/200", "400/200 characters by heart", "400/200 characters late heading"])
def test_what_is_not_understood_says_nothing(written: str) -> None:
    assert Windowing.read(written) is None
    assert read_context(written) == "none"

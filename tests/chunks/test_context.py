"""What stands above a window."""

from __future__ import annotations

import pytest

from rag.chunks.context import LONGEST, Context, build_contexts
from rag.documents.anchor import Anchor

ANCHORS = (
    Anchor("page", 0, 90, "1"),
    Anchor("heading", 0, 4, "規程", 1),
    Anchor("heading", 10, 14, "第1章", 2),
    Anchor("heading", 20, 24, "第1条", 6),
    Anchor("heading", 40, 44, "第2章", 2),
)


@pytest.mark.parametrize(
    ("context", "title", "expected"),
    [
        ("none", "題", ["", "", "", ""]),
        ("heading", "題", ["", "規程 第1章", "規程 第1章 第1条", "規程 第2章"]),
        ("title_heading", "題", ["題", "題 規程 第1章", "題 規程 第1章 第1条", "題 規程 第2章"]),
        ("title_heading", "規程", ["規程", "規程 第1章", "規程 第1章 第1条", "規程 第2章"]),
    ],
)
def test_headings_above_a_window_without_those_inside_it(context: Context, title: str, expected: list[str]) -> None:
    assert build_contexts([0, 20, 30, 41], title=title, anchors=ANCHORS, context=context) == expected


def test_of_a_long_path_the_innermost_headings_stay() -> None:
    anchors = (Anchor("heading", 0, 1, "外" * LONGEST, 1), Anchor("heading", 1, 2, "内", 2))
    assert build_contexts([5], title="", anchors=anchors, context="heading") == ["内"]

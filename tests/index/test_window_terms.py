from __future__ import annotations

import pytest

from rag.index import window_terms
from rag.index.window_terms import build_chunk_terms, split_blocks


def test_windows_share_one_analysis_of_their_text() -> None:
    text = "休暇を申請する。出張を命じる。"
    assert build_chunk_terms(text, [(8, 15), (0, 15), (0, 8)]) == ["出張 命ずる", "休暇 申請 出張 命ずる", "休暇 申請"]
    assert build_chunk_terms(text, []) == []


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "休暇を申請する。" * 30
    windows = [(start, min(start + 24, len(text))) for start in range(0, len(text), 8)]
    whole = build_chunk_terms(text, windows)
    monkeypatch.setattr(window_terms, "_BLOCK_CHARACTERS", 40)
    assert build_chunk_terms(text, windows) == whole


def test_blocks_can_be_worked_on_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_terms, "_BLOCK_CHARACTERS", 40)
    text = "通勤手当を毎月支給する。年休は十日。" * 20
    windows = [(start, start + 30) for start in range(0, len(text) - 30, 7)]
    blocks = list(split_blocks(windows))
    assert [number for block in blocks for number in block] == list(range(len(windows)))
    assert len(blocks) > 3
    apart = []
    for block in blocks:
        part = windows[block.start : block.stop]
        begin, end = part[0][0], part[-1][1]
        apart += build_chunk_terms(text[begin:end], [(start - begin, stop - begin) for start, stop in part])
    assert apart == build_chunk_terms(text, windows)

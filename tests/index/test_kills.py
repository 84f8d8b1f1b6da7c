"""A short run of `tests.stress.kills`."""

from __future__ import annotations

from pathlib import Path

from tests.stress.kills import check, kill_often


def test_every_document_survives_kills_whole(tmp_path: Path) -> None:
    met = kill_often(tmp_path, kills=12)
    assert sum(met.values()) == 12
    assert any(act in ("put", "move", "drop", "between") for act, _ in met)
    assert check(tmp_path)[0] in ("put", "move", "drop", "between", "opening")

"""Runs found in a folder."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from rag.evaluation.experiment.runs import list_runs


def write_run(folder: Path, *, kind: str = "needle", ended: int = 0, figures: object = None, page: str = "<p>") -> None:
    folder.mkdir(parents=True)
    content = {"kind": kind, "figures": figures or {"recall": 0.5, "groups": {"a": 1.0}, "none": None}}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "index.html").write_text(page, encoding="utf-8")
    os.utime(folder / "run.json", (ended, ended))


def test_runs_come_newest_first_with_their_figures(tmp_path: Path) -> None:
    write_run(tmp_path / "old", ended=1_000)
    write_run(tmp_path / "new", kind="self", ended=2_000, page="新しい")
    runs = list_runs(tmp_path)
    assert [(run.path.name, run.kind, run.page) for run in runs] == [
        ("new", "self", "新しい"),
        ("old", "needle", "<p>"),
    ]
    assert runs[0].ended == datetime.fromtimestamp(2_000).astimezone()
    assert runs[0].figures == {"recall": 0.5}


def test_what_is_no_finished_run_is_passed_over(tmp_path: Path) -> None:
    write_run(tmp_path / "whole")
    (tmp_path / "stopped").mkdir()
    (tmp_path / "stopped" / "run.json").write_text('{"settings": {}}', encoding="utf-8")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    assert [run.path.name for run in list_runs(tmp_path)] == ["whole"]
    assert list_runs(tmp_path / "nowhere") == []

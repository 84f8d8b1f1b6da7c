"""Rows written to a file can be read back line by line."""

from __future__ import annotations

import json

import pytest

from rag.errors import DatasetError
from rag.evaluation.rows import write_rows


def test_write_rows_keeps_japanese_and_order(tmp_path):
    rows = [{"id": "q1", "prediction": "２０日\n", "rank": None}, {"id": "q2", "f1": 0.5}]
    write_rows(tmp_path / "rows.jsonl", rows)
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert "２０日" in lines[0]


def test_write_rows_names_the_file_it_cannot_write(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere.*cannot be written"):
        write_rows(tmp_path / "nowhere" / "rows.jsonl", [])

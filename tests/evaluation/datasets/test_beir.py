"""Judged corpora in the layout of BEIR."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from rag.errors import DatasetError
from rag.evaluation.datasets import load_beir

CORPUS = [
    {"_id": "d1", "title": "休暇", "text": "年次有給休暇は10日とする。"},
    {"_id": "d2", "title": "", "text": "定食は六百八十円です。"},
    {"_id": "d3", "title": "", "text": " "},
]
QUERIES = [
    {"_id": "q1", "text": "有給休暇は何日"},
    {"_id": "q2", "text": "定食はいくら"},
    {"_id": "q3", "text": "駐車場は"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\nq3\td1\t0\n"


def write(folder: Path, *, qrels: str = QRELS, split: str = "test", packed: bool = False) -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for name, lines in (("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES)):
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        (folder / (f"{name}.xz" if packed else name)).write_bytes(lzma.compress(data) if packed else data)
    (folder / "qrels" / f"{split}.tsv").write_text(qrels, encoding="utf-8")
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_texts_queries_and_grades(tmp_path: Path, packed: bool) -> None:
    corpus = load_beir(write(tmp_path, packed=packed))
    assert {name: document.text for name, document in corpus.documents.items()} == {
        "d1": "休暇\n年次有給休暇は10日とする。",
        "d2": "定食は六百八十円です。",
    }
    assert corpus.queries == {"q1": "有給休暇は何日", "q2": "定食はいくら"}
    assert corpus.grades == {"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}}


def test_another_split_and_judgements_without_a_head(tmp_path: Path) -> None:
    assert load_beir(write(tmp_path, split="dev", qrels="q2\td2\t1\n"), split="dev").grades == {"q2": {"d2": 1}}


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\td1\n", r"test\.tsv:1: expected query-id, corpus-id and a whole score"),
        ("q1\td1\tgood\n", r"test\.tsv:1: expected query-id"),
        ("q9\td1\t1\n", r"test\.tsv:1: 'q9' is not in queries\.jsonl"),
        ("q1\td9\t1\n", r"test\.tsv:1: 'd9' is not in corpus\.jsonl"),
        ("q1\td1\t0\n", r"test\.tsv: expected a query with a relevant text"),
    ],
)
def test_broken_judgements_are_named(tmp_path: Path, qrels: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_beir(write(tmp_path, qrels=qrels))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"corpus\.jsonl: cannot be read"):
        load_beir(tmp_path)

"""JSON as lines that say where each value stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.errors import DocumentError


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, *, encoding: str = "utf-8", name: str = "設定.json") -> Document:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return load_document(path)

    return load


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_values_stand_beside_their_place(encoding: str, load) -> None:
    document = load(
        '{"題名": "青空商会の概要", "本社": {"住所": {"市": "港町市"}, "面積": 1.50},\n'
        ' "休日": ["土", "日"], "案内": "一行目\\n二行目", "承認": null,\n'
        ' "支店": [{"名": "北", "人数": 12}, {"名": "南", "人数": 8}], "記録": [{"年": [1, 2]}, [3]]}',
        encoding=encoding,
    )
    assert document.title == "青空商会の概要"
    assert document.text == (
        "題名: 青空商会の概要\n本社.住所.市: 港町市\n本社.面積: 1.50\n休日: 土、日\n案内:\n一行目\n二行目\n"
        "承認: null\n\n支店\n\n名 | 人数\n名：北、人数：12。\n名：南、人数：8。\n\n記録[1].年: 1、2\n\n記録[2]: 3\n"
    )
    assert [each.label for each in document.anchors if each.kind == "table"] == ["支店"]


def test_lines_of_records_are_a_table(load) -> None:
    document = load('{"品": "茶", "値": 300}\n\n{"品": "豆", "値": 900}\n', name="値段.jsonl")
    assert document.text == "品 | 値\n品：茶、値：300。\n品：豆、値：900。\n"


def test_what_is_no_json_is_refused_with_its_place(load) -> None:
    with pytest.raises(DocumentError, match=r"JSON として読めません（2 行目 2 文字目: .* in line 2, column 2\)"):
        load('{"a": 1,\n b}')
    with pytest.raises(DocumentError, match=r"in line 3, column 1\)"):
        load('{"a": 1}\n{"a": 2}\nb\n', name="行.jsonl")
    with pytest.raises(DocumentError, match=r"nested too deep"):
        load("[" * 200_000)

"""Tables as text: delimiters, quotes, encodings, and what stands above a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.delimited import choose_delimiter, split_rows
from rag.documents.document import Document
from rag.documents.loading import load_document

MEMBERS = """青空商会 社員名簿,,
,,
氏名,部署,内線
山田花子,総務,12
"佐藤
太郎","経理, 二課",34
"""


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, *, encoding: str = "utf-8", name: str = "表.csv") -> Document:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return load_document(path)

    return load


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_rows_repeat_the_header_in_any_encoding(encoding: str, load) -> None:
    document = load(MEMBERS.replace("\n", "\r\n"), encoding=encoding)
    assert document.title == "青空商会 社員名簿"
    assert document.text == (
        "青空商会 社員名簿\n\n氏名 | 部署 | 内線\n"
        "氏名：山田花子、部署：総務、内線：12。\n氏名：佐藤 太郎、部署：経理, 二課、内線：34。\n"
    )
    assert [document.text[each.start : each.end].count("\n") for each in document.anchors] == [2]
    assert document.losses.tables == 1
    assert document.losses.encoding == document.metadata["encoding"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("品名,数\nボルト,5\n", ","),
        ("品名\t数\nボルト, 大\t5\n", "\t"),
        ("品名;値\nボルト;1,5\nナット;2,5\n", ";"),
        ("品名|値\nボルト|1\n", "|"),
        ('"a,b"\t1\n"c,d,e"\t2\n', "\t"),
        ("文章だけ、一行。\n", ","),
        ("", ","),
    ],
)
def test_delimiter_is_that_which_cuts_all_rows_alike(text: str, delimiter: str) -> None:
    assert choose_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,"b""c",d', [["a", 'b"c', "d"]]),
        ('"一\n二",三\n四,五\n', [["一\n二", "三"], ["四", "五"]]),
        ('ボルト,5"\nナット,"7\nねじ,9\n', [["ボルト", '5"'], ["ナット", '"7'], ["ねじ", "9"]]),
        ('"甲"乙,丙\n', [['"甲"乙', "丙"]]),
        ("a,,\n\n,b\n", [["a", "", ""], [""], ["", "b"]]),
    ],
)
def test_quotes(text: str, rows: list[list[str]]) -> None:
    assert list(split_rows(text, ",")) == rows


def test_a_blank_row_ends_a_table(load) -> None:
    document = load("支店,人数\n北,3\n\n倉庫の表\n倉庫,面積\n甲,40\n", name="表.tsv")
    assert document.text == ("支店 | 人数\n支店：北、人数：3。\n\n倉庫の表\n\n倉庫 | 面積\n倉庫：甲、面積：40。\n")


def test_many_quotes_that_are_not_closed_take_linear_time() -> None:
    rows = list(split_rows('"あ,い\n' * 100_000, ","))
    assert len(rows) == 100_000

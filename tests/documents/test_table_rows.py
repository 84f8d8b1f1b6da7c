"""Tables: their header in every row, and what is taken for a header."""

from __future__ import annotations

import pytest

from rag.documents.table_rows import Cell, TableRows, write_rows


def fill(*rows: list[Cell | str]) -> list[list[Cell]]:
    table = TableRows()
    return [table.fill(Cell(cell) if isinstance(cell, str) else cell for cell in row) for row in rows]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            [["種類", "日数"], ["結婚", "５日"], ["忌引", "三日"]],
            ["種類：結婚、日数：５日。", "種類：忌引、日数：三日。"],
        ),
        ([["氏名", "部署", "趣味"], ["佐藤", "総務", "将棋"]], ["氏名：佐藤、部署：総務、趣味：将棋。"]),
        ([["", "東京", "大阪"], ["家賃", "9万円", "7万円"]], ["家賃、東京：9万円、大阪：7万円。"]),
        ([["氏名", "部署", "内線"], ["佐藤", "", "101"]], ["氏名：佐藤、内線：101。"]),
    ],
)
def test_rows_repeat_the_header(rows: list[list[str]], lines: list[str]) -> None:
    assert write_rows(fill(*rows)) == [" | ".join(rows[0]), *lines]


@pytest.mark.parametrize(
    "rows",
    [
        [["名称", "青空商会"], ["所在地", "東京都港区"], ["資本金", "1億円"]],
        [["本社", "1階", "受付"], ["本社", "2階", "総務"]],
        [["甲", "乙", "乙"], ["丙", "丁", "戊"]],
        [["甲", "乙", "丙"], ["丁", "乙", "戊"]],
        [["この規則は社員に適用する。", "適用", "範囲"], ["ほか", "なし", "あり"]],
        [["長" * 31, "短", "中"], ["一", "二", "三"]],
        [["氏名", "部署", "趣味"]],
    ],
    ids=["names and values", "numbers", "twice", "again below", "sentence", "long", "no row"],
)
def test_what_is_no_header_is_not_repeated(rows: list[list[str]]) -> None:
    assert write_rows(fill(*rows)) == [" | ".join(row) for row in rows]


def test_a_header_that_the_format_marks_is_taken() -> None:
    rows = fill(["名称", "青空商会"], ["所在地", "東京都港区"])
    assert write_rows(rows, headers=1) == ["名称 | 青空商会", "名称：所在地、青空商会：東京都港区。"]
    assert write_rows(fill(["種類", "日数"], ["結婚", "５日"]), headers=0) == ["種類 | 日数", "結婚 | ５日"]


def test_a_header_of_two_rows_names_both() -> None:
    rows = fill(
        [Cell("部署", rows=2), Cell("休暇", columns=2)],
        ["年休", "病休"],
        ["総務部", "10日", "3日"],
        ["営業部", Cell("なし", columns=2)],
        [Cell("支店は別に定める", columns=3)],
    )
    assert write_rows(rows) == [
        "部署 | 休暇",
        "部署 | 年休 | 病休",
        "部署：総務部、休暇 年休：10日、休暇 病休：3日。",
        "部署：営業部、休暇 年休・休暇 病休：なし。",
        "支店は別に定める",
    ]


def test_a_title_over_the_table_is_no_header() -> None:
    rows = fill(
        [Cell("休暇の日数", columns=2)], ["種類", "日数"], ["結婚", "５日"], [Cell("臨時", columns=2)], ["代休", "1日"]
    )
    expected = ["休暇の日数", "種類 | 日数", "種類：結婚、日数：５日。", "臨時", "種類：代休、日数：1日。"]
    assert write_rows(rows) == expected
    assert write_rows(rows, headers=2) == expected

"""Markdown: the text without the marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.documents.loading import load_document


@pytest.fixture
def load(tmp_path: Path):
    def load(source: str) -> Document:
        path = tmp_path / "手引き.md"
        path.write_text(source, "utf-8")
        return load_document(path)

    return load


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**太字**と*斜体*と~~取消~~と`code`", "太字と斜体と取消とcode\n"),
        ("[リンク](https://example.com '題')と<https://example.com>", "リンクとhttps://example.com\n"),
        ("![構成図](a.png)を見る", "構成図を見る\n"),
        ("一行目\n二行目  \n三行目", "一行目\n二行目\n三行目\n"),
        ("段落一\n\n段落二", "段落一\n\n段落二\n"),
        ("> 引用\n> 続き", "引用\n続き\n"),
        ("前\n\n---\n\n後", "前\n\n後\n"),
        ("```python\nif x:\n    y = '**'\n```", "if x:\n    y = '**'\n"),
        ("    字下げ\n      続き", "字下げ\n  続き\n"),
        ("実体&amp;と\\*記号\\*と`\\\\kura\\全社`", "実体&と*記号*と\\\\kura\\全社\n"),
        ("<ruby>漢字<rt>かんじ</rt></ruby>と<br>改行", "漢字と\n改行\n"),
        ("ssh <host> と <ファイル名> を打つ", "ssh <host> と <ファイル名> を打つ\n"),
        ("<div>\n<p>箱の中</p>\n<script>run()</script>\n</div>\n\n本文", "箱の中\n\n本文\n"),
        ("<!-- 注釈 -->\n\n本文", "本文\n"),
        ("[名]: https://example.com\n\n[名]を参照", "名を参照\n"),
    ],
)
def test_text(source: str, text: str, load) -> None:
    assert load(source).text == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**「重要」**です。", "「重要」です。\n"),
        ("これは**重要（必須）**です。", "これは重要（必須）です。\n"),
        ("\\*\\*「字」\\*\\*です。", "**「字」**です。\n"),
        ("`**「字」**`です。", "**「字」**です。\n"),
        ("2 ** 3 と 4 ** 5", "2 ** 3 と 4 ** 5\n"),
        ("snake_case_name と __init__", "snake_case_name と init\n"),
    ],
)
def test_emphasis_beside_japanese_brackets(source: str, text: str, load) -> None:
    assert load(source).text == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("- 甲\n- 乙\n\n後", "・甲\n・乙\n\n後\n"),
        ("* 甲\n\n* 乙\n", "・甲\n・乙\n"),
        ("3. 甲\n4. 乙\n", "3. 甲\n4. 乙\n"),
        ("1. 甲\n1. 乙\n", "1. 甲\n2. 乙\n"),
        ("- 甲\n  - 子\n    1. 孫\n- 乙", "・甲\n  ・子\n    1. 孫\n・乙\n"),
        ("- 甲\n\n  続き\n- [ ] 乙", "・甲\n続き\n・[ ] 乙\n"),
        ("前\n- 甲", "前\n\n・甲\n"),
    ],
)
def test_lists(source: str, text: str, load) -> None:
    assert load(source).text == text


def test_numbers_of_lists_count_up(load) -> None:
    assert load("7. 甲\n1. 乙\n1. 丙").text == "7. 甲\n8. 乙\n9. 丙\n"


def test_tables_become_rows(load) -> None:
    source = "| 種類 | 日数 |\n|:--|--:|\n| **結婚** | ５日 |\n| a\\|b | |\n\n後"
    assert load(source).text == "種類 | 日数\n種類：結婚、日数：５日。\n種類：a|b。\n\n後\n"


def test_headings_are_anchors(load) -> None:
    document = load("# **手引き** `x`\n\n前文\n\n第1章\n---\n### 目的 ###\n本文")
    assert document.text == "手引き x\n\n前文\n\n第1章\n\n目的\n\n本文\n"
    assert [(anchor.label, anchor.level, anchor.start, anchor.end) for anchor in document.anchors] == [
        ("手引き x", 1, 0, 5),
        ("第1章", 2, 11, 14),
        ("目的", 3, 16, 18),
    ]
    assert document.title == "手引き x"
    assert document.heading_at(document.text.index("本文")) == ("手引き x", "第1章", "目的")


def test_hash_marks_inside_code_are_no_headings(load) -> None:
    document = load("# 題\n\n```\n# 注釈\n```\n\n## 節")
    assert [anchor.label for anchor in document.anchors] == ["題", "節"]


def test_articles_count_as_headings_where_nothing_is_marked(load) -> None:
    document = load("第1章　総則\n\n第1条（目的）\n本文")
    assert [anchor.label for anchor in document.anchors] == ["第1章 総則", "第1条（目的）"]


def test_front_matter_gives_the_title_and_is_no_text(load) -> None:
    document = load('---\ntitle: "運用手引き"\ntags:\n  - 情報\n---\n# はじめに\n本文')
    assert document.title == "運用手引き"
    assert document.text == "はじめに\n\n本文\n"


@pytest.mark.parametrize("line", ["これは本文。", "注意: これは本文。", "- これは本文。"])
def test_a_rule_at_the_top_is_no_front_matter(line: str, load) -> None:
    assert load(f"---\n{line}\n\n---\n後").text == f"{line.replace('- ', '・')}\n\n後\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("本文[^1]。\n\n[^1]: 脚注の金額は二百円です。", "本文[^1]。\n\n[^1]: 脚注の金額は二百円です。\n"),
        ("[注]: 注の金額は四百円です。\n\n後", "[注]: 注の金額は四百円です。\n\n後\n"),
        ("[^1]: 一\n[^2]: 二", "[^1]: 一\n[^2]: 二\n"),
        ("[^1]: 一\n\n    続き", "[^1]: 一\n\n続き\n"),
        ("- [注]: 項\n\n> [注]: 引用", "・[注]: 項\n\n[注]: 引用\n"),
        ("[^出典]: https://example.com", "[^出典]: https://example.com\n"),
        ("[注]: https://example.comを参照", "[注]: https://example.comを参照\n"),
        ("[注]: N/A", "[注]: N/A\n"),
        ("[名]: https://example.com\n(次の行)", "(次の行)\n"),
        ("[名]: <a.md> '題'\n[別]: ../b\n\n[甲][名]と[別]", "甲と別\n"),
    ],
)
def test_only_definitions_of_links_are_left_out(source: str, text: str, load) -> None:
    assert load(source).text == text


def test_deep_quotes_are_not_lost(load) -> None:
    assert load("> " * 40 + "底").text == "底\n"


def test_every_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.markdown"
    path.write_bytes("# 題\r\n\r\n本文です。\r\n".encode("cp932"))
    document = load_document(path)
    assert document.text == "題\n\n本文です。\n"
    assert document.metadata == {"format": "md", "encoding": "cp932"}


def test_readings_are_kept_as_anchors(load) -> None:
    document = load("# 規則\n\n<ruby>漢<rt>かん</rt>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>と海\n")
    assert document.text == "規則\n\n漢字と海\n"
    readings = [(document.text[each.start : each.end], each.label) for each in document.anchors if each.kind == "ruby"]
    assert readings == [("漢", "かん"), ("字", "じ")]

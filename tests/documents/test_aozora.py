"""Readings and notes in the notation of Aozora Bunko, and texts that use 《》 otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.aozora import is_aozora
from rag.documents.document import Document
from rag.documents.loading import load_document

RULE = "-" * 55
STORY = f"""灯台守の手記
青空花子

{RULE}
【テキスト中に現れる記号について】

《》：ルビ
（例）灯台《とうだい》

｜：ルビの付く文字列の始まりを特定する記号
（例）北の｜岬守《みさきもり》

［＃］：入力者注　主に外字の説明や、傍点の位置の指定
（例）［＃３字下げ］
{RULE}

［＃５字下げ］一　着任［＃「一　着任」は中見出し］

　私は春に灯台《とうだい》へ着いた。先任の｜岬守《みさきもり》は鴎《かもめ》を飼っていた。
　彼は※［＃「木＋吶のつくり」、第3水準1-85-54］の杖と※［＃「口＋世」、U+546D、12-3］えぬ言葉を持ち、※［＃「不明の字」］と名乗った。
［＃挿絵（fig1.png、横300×縦200）入る］
　レンズは毎晩［＃「毎晩」に傍点］磨く。

［＃ここから大見出し］
二　嵐
［＃ここで大見出し終わり］
　嵐《あらし》の夜、灯は消えなかった。
"""


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, *, encoding: str = "utf-8") -> Document:
        path = tmp_path / "手記.txt"
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        return load_document(path)

    return load


def list_ruby(document: Document) -> list[tuple[str, str]]:
    return [(document.text[each.start : each.end], each.label) for each in document.anchors if each.kind == "ruby"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_readings_and_notes_leave_the_text(encoding: str, load) -> None:
    document = load(STORY, encoding=encoding)
    assert document.title == "灯台守の手記"
    assert document.text == (
        "灯台守の手記\n青空花子\n\n一　着任\n\n"
        "　私は春に灯台へ着いた。先任の岬守は鴎を飼っていた。\n"
        "　彼は枘の杖と呭えぬ言葉を持ち、※と名乗った。\n"
        "　レンズは毎晩磨く。\n\n二　嵐\n\n　嵐の夜、灯は消えなかった。\n"
    )
    assert list_ruby(document) == [
        ("灯台", "とうだい"),
        ("岬守", "みさきもり"),
        ("鴎", "かもめ"),
        ("嵐", "あらし"),
    ]
    headings = [(each.label, each.level) for each in document.anchors if each.kind == "heading"]
    assert headings == [("一 着任", 2), ("二 嵐", 1)]
    assert document.losses.ruby == 4
    assert document.losses.left_out == ("画像 1", "外字 1")


def test_several_readings_are_evidence_enough(load) -> None:
    document = load("山《やま》と川《かわ》と海《うみ》を越える。\n")
    assert document.text == "山と川と海を越える。\n"
    assert list_ruby(document) == [("山", "やま"), ("川", "かわ"), ("海", "うみ")]


@pytest.mark.parametrize(
    "text",
    [
        "話題作《星の旅》と《海の旅》、《空の旅》、《山の旅》を上映する。\n",
        "本《ほん》と棚《たな》の二つだけでは足りない。\n",
        "山《やま》と川《かわ》と海《うみ》は、《第一部》の副題である。\n",
        "《ひかり》《のぞみ》《こだま》の三つの列車がある。\n",
    ],
)
def test_brackets_stay_where_they_are_no_readings(text: str, load) -> None:
    document = load(text)
    assert document.text == text
    assert list_ruby(document) == []


def test_a_text_that_quotes_two_notes_is_none_in_the_notation() -> None:
    assert not is_aozora("［＃改ページ］という注記は、改頁を表す。")

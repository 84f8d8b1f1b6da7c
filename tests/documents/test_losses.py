"""What is said of losses."""

from __future__ import annotations

import pytest

from rag.documents.anchor import Anchor
from rag.documents.canonical import JAPANESE
from rag.documents.docx import MARGINS
from rag.documents.losses import (
    ENGLISH,
    MEDIA,
    NAMELESS,
    Losses,
    count_losses,
    describe_losses,
    describe_media,
    sum_losses,
)
from rag.documents.office_package import LEFT_OUT


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (Losses(characters=9, encoding="cp932", confidence=0.99, pages=3, tables=1, ruby=4), ""),
        (Losses(pages=5, pages_without_text=("2", "4")), "2 ページに文字なし"),
        (Losses(left_out=("画像 3",)), "画像 3 は読んでいません"),
        (Losses(left_out=("画像 3", "マクロ")), "画像 3・マクロ は読んでいません"),
        (Losses(undecodable=3, replacements=3), "読めないバイト 3"),
        (Losses(undecodable=1, replacements=3), "読めないバイト 1、失われた文字 2"),
        (Losses(private_use=1200, glyph_numbers=2), "外字 1,200、文字にならない字形 2"),
    ],
)
def test_losses_are_said_in_a_few_words(losses: Losses, words: str) -> None:
    assert describe_losses(losses) == words
    assert losses.is_clean == (words == "")


def test_losses_are_said_in_english() -> None:
    losses = Losses(
        undecodable=1,
        replacements=1200,
        pages_without_text=("1", "2"),
        recognised=("3", "4"),
        private_use=5,
        glyph_numbers=6,
        left_out=("画像 1,200", "マクロ", "非表示のシート: 裏, 2024", ".xyz 2"),
    )
    assert describe_losses(losses, language="en") == (
        "pages without text: 2; pages read by OCR: 3, 4; unreadable bytes: 1; lost characters: 1,199; gaiji: 5; "
        "glyphs without a character: 6; not read: pictures 1,200, macros, hidden sheets: 裏, 2024, .xyz 2"
    )
    assert describe_losses(Losses(), language="en") == ""


def test_all_that_is_left_out_has_an_english_name() -> None:
    assert {*MEDIA.values(), *dict(LEFT_OUT).values(), *dict(MARGINS).values(), NAMELESS} < ENGLISH.keys()
    assert not any(JAPANESE.search(name) for name in ENGLISH.values())


def test_hidden_sheets_and_slides_are_counted_and_their_names_not_summed() -> None:
    reports = [
        Losses(left_out=("非表示のスライド: 2",)),
        Losses(left_out=("非表示のスライド: 5, 7", "非表示のシート: 2024")),
    ]
    assert sum_losses(reports).left_out == ("非表示のスライド 3", "非表示のシート 1")


def test_losses_add_up() -> None:
    total = sum_losses(
        [
            Losses(characters=10, pages=2, pages_without_text=("1",), left_out=("画像 1,200", "マクロ")),
            Losses(characters=5, pages=1, pages_without_text=("1",), undecodable=2, left_out=("画像 3", "マクロ")),
        ]
    )
    assert total == Losses(
        characters=15, undecodable=2, pages=3, pages_without_text=("1", "1"), left_out=("画像 1,203", "マクロ 2")
    )


def test_text_and_anchors_show_the_rest() -> None:
    losses = count_losses("a\ufffd\ue000(cid:12)", [Anchor("ruby", 0, 1, "あ")], Losses(encoding="utf-8"))
    assert losses == Losses(characters=11, encoding="utf-8", replacements=1, private_use=1, glyph_numbers=1, ruby=1)


def test_media_are_named() -> None:
    assert describe_media({"image": 1200, "video": 1, "text": 9}) == ("画像 1,200", "動画 1")

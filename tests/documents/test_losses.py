"""What is said of losses."""

from __future__ import annotations

import pytest

from rag.documents.anchor import Anchor
from rag.documents.losses import Losses, count_losses, describe_losses, describe_media, sum_losses


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

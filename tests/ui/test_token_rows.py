from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from rag.evaluation.tokenization import Distribution, Piece, Tokenization, TokenizerFigures, fit_answers
from rag.evaluation.tokenizers import Tokens
from rag.ui.token_rows import LINE, cut_lines, render_figures, render_rows
from rag.ui.words import load_words

JA = load_words("ja")


def build_row(
    text: str, places: Sequence[tuple[int, int]], *, answer: tuple[int, int] | None = None, unknown: int = -1
) -> Tokenization:
    starts, ends = (np.array(each, dtype=np.int64) for each in zip(*places, strict=True))
    tokens = Tokens(starts, ends, np.arange(len(places)) == unknown)
    fits = fit_answers(tokens, [answer] if answer else [])
    return Tokenization("<名>", "bpe", 4000, text, tokens, tuple(fits))


def read_cells(html: str) -> list[tuple[str, float, str]]:
    """Class, width and content of each cell."""
    found = re.findall(r'<span class="((?:token|gap)[^"-]*)"[^>]*style="--width:([\d.]+)">(.*?)</span>', html)
    return [(kind, float(width), content) for kind, width, content in found]


def test_cells_are_as_wide_as_their_characters_and_alternate() -> None:
    html = render_rows([build_row("市立 ab<。", [(0, 2), (3, 5), (5, 7)], unknown=1)], JA)
    assert read_cells(html)[-4:] == [
        ("token even", 2.0, "市立"),
        ("gap", 0.62, " "),
        ("token odd unknown", 1.24, "ab"),
        ("token even", 1.62, "&lt;。"),
    ]
    assert "<名>" not in html
    assert html.count("&lt;名&gt;") == 3


@pytest.mark.parametrize(
    ("answer", "content", "said"),
    [
        ((0, 3), "<b>市立図</b>", "境に合う"),
        ((1, 3), '市<i class="cut"></i><b>立図</b>', "選べるのは「市立図」"),
        ((0, 1), '<b>市</b><i class="cut"></i>立図', "選べるのは「市立図」"),
    ],
    ids=["whole", "begins inside", "ends inside"],
)
def test_an_answer_is_marked_and_cut_where_it_ends_inside_a_token(
    answer: tuple[int, int], content: str, said: str
) -> None:
    html = render_rows([build_row("市立図書", [(0, 3), (3, 4)], answer=answer)], JA)
    assert read_cells(html)[0] == ("token even", 3.0, content)
    assert said in html
    assert ("答えの端がトークンの中" in html) == ("cut" in content)


def test_tokens_of_one_character_are_counted() -> None:
    html = render_rows([build_row("鰯", [(0, 1), (0, 1), (0, 1)])], JA)
    assert read_cells(html) == [("token even", 1.0, "鰯<sup>3</sup>")]
    assert "一字をいくつものトークンで表す" in html


def test_lines_end_at_borders_of_all_rows_and_at_line_ends() -> None:
    width = int(LINE)
    text = "あ" * (width + 10) + "\n\nい"
    joined = [Piece(width - 2, width + 2, 1, False)]
    assert list(cut_lines(text, [joined, []])) == [
        (0, width - 2),
        (width - 2, width + 10),
        (width + 11, width + 11),
        (width + 12, width + 13),
    ]
    assert list(cut_lines("あ" * (width + 1), [[Piece(0, width + 1, 1, False)]])) == [(0, width), (width, width + 1)]


def test_figures_are_a_row_a_tokenizer() -> None:
    spread = Distribution(0.5, 0.55, 0.6, 0.65, 0.7)
    figures = TokenizerFigures("<名>", "unigram", 9, 2, 1000, 600, 0.6, 0.021, spread, spread, 0, None)
    html = render_figures([figures], JA)
    assert "文書庫の 2 件、1,000 文字" in html
    assert re.findall(r"<td>(.*?)</td>", html) == ["600", "0.600", "0.500", "0.600", "0.700", "2.1 %"]
    assert '<th scope="row">&lt;名&gt;</th>' in html
    assert "確率の積がいちばん大きい" in html

"""PDF pages read in the order a person reads them, with lines that go on mended."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.pdfbase.cidfonts import CIDFont, UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from rag.documents.loader import Content
from rag.documents.pdf import PdfLoader

pytestmark = pytest.mark.usefixtures("japanese_font")

WIDTH, HEIGHT = 595, 842
FONT, VERTICAL = "HeiseiMin-W3", "HeiseiKakuGo-W5"
FIRST = "社員は、休暇を取ろうとするときは、前の日までに所属長に届を出さなければならない。"
SECOND = "やむを得ない事情があるときは、当日の始業時刻までに電話で伝えれば足りるものとする。"
THIRD = "届を出さずに休んだ者には、その理由を書いた書面の提出を求めることがある。"


def draw(*pages: Callable[[Canvas], None]) -> bytes:
    registerFont(UnicodeCIDFont(FONT))
    registerFont(UnicodeCIDFont(VERTICAL, isVertical=True))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT))
    for page in pages:
        canvas.setFont(FONT, 10)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def load(*pages: Callable[[Canvas], None]) -> Content:
    return PdfLoader().load(draw(*pages))


def wrap(text: str, length: int) -> list[str]:
    return [text[place : place + length] for place in range(0, len(text), length)]


def write(canvas: Canvas, lines: list[str], x: float, y: float, step: float = 16) -> None:
    for number, line in enumerate(lines):
        canvas.drawString(x, y - step * number, line)


def write_down(canvas: Canvas, line: str, x: float, y: float, size: float = 12) -> None:
    """A column of characters placed one by one."""
    canvas.setFont(FONT, size)
    for number, character in enumerate(line):
        canvas.drawString(x, y - size * number, character)


def test_lines_that_fill_the_page_are_mended() -> None:
    body = FIRST + SECOND + THIRD
    content = load(lambda canvas: write(canvas, ["第1条（届）", *wrap(body, 30), "以上"], 147, 780))
    assert content.text == f"第1条（届）\n{body}\n以上\n"


def test_paragraphs_lists_and_short_lines_keep_their_ends() -> None:
    lines = [
        "　" + FIRST[:29],
        FIRST[29:],
        "　" + SECOND[:29],
        SECOND[29:],
        "・" + THIRD[:29],
        "・" + THIRD[:29],
        "・以上",
    ]
    content = load(lambda canvas: write(canvas, lines, 147, 780))
    assert content.text == f"{FIRST}\n{SECOND}\n・{THIRD[:29]}\n・{THIRD[:29]}\n・以上\n"


def test_lines_of_a_table_of_contents_keep_their_ends() -> None:
    lines = ["総則" + "…" * 27 + "1", "休暇" + "…" * 27 + "2", "服務" + "…" * 27 + "3", "附則"]
    assert load(lambda canvas: write(canvas, lines, 142, 780)).text == "\n".join(lines) + "\n"


def test_a_sentence_goes_on_over_the_page() -> None:
    lines = wrap(FIRST + SECOND + THIRD, 25)
    content = load(lambda c: write(c, lines[:3], 172, 780), lambda c: write(c, lines[3:], 172, 780))
    assert content.text == FIRST + SECOND + THIRD + "\n"
    assert [(anchor.start, anchor.end) for anchor in content.anchors] == [(0, 75), (75, len(content.text) - 1)]


def test_latin_lines_are_mended_with_spaces_and_hyphens_taken_out() -> None:
    lines = [
        "Every employee who wishes to take a leave shall give notice to the man-",
        "ager at least one day ahead, and whoever is ill shall call by nine in the",
        "morning at the latest and bring a letter of a doctor on the follow-",
        "ing day.",
    ]

    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 12)
        write(canvas, lines, 95, 780)

    expected = " ".join(lines).replace("man- ager", "manager").replace("follow- ing", "following")
    assert load(page).text == expected + "\n"


@pytest.mark.parametrize("by_rows", [False, True])
def test_two_columns_are_read_one_after_the_other(by_rows: bool) -> None:
    left, right = wrap(FIRST + SECOND, 19), wrap(THIRD + FIRST, 19)

    def page(canvas: Canvas) -> None:
        canvas.drawString(60, 790, "二段に組んだ頁の題はここにあって、左の段から右の段まで続く長いもの")
        if by_rows:
            for number, (one, other) in enumerate(zip(left, right, strict=False)):
                write(canvas, [one], 60, 760 - 16 * number)
                write(canvas, [other], 300, 760 - 16 * number)
            write(canvas, left[len(right) :], 60, 760 - 16 * len(right))
        else:
            write(canvas, left, 60, 760)
            write(canvas, right, 300, 752)

    title, *rest = load(page).text.splitlines()
    assert title.startswith("二段に組んだ")
    assert rest == [FIRST + SECOND, THIRD + FIRST]


@pytest.mark.parametrize("font", [FONT, VERTICAL])
def test_vertical_text_is_read_from_right_to_left(font: str) -> None:
    columns = wrap(FIRST + SECOND, 18)

    def page(canvas: Canvas) -> None:
        # The file has the columns in another order than they are read in.
        for number in reversed(range(len(columns))):
            if font == VERTICAL:
                canvas.setFont(VERTICAL, 12)
                canvas.drawString(500 - 20 * number, 540, columns[number])
            else:
                write_down(canvas, columns[number], 494 - 20 * number, 530)
        canvas.setFont(FONT, 9)
        canvas.drawString(280, 40, "- 1 -")

    assert load(page).text == FIRST + SECOND + "\n"


def test_two_tiers_of_vertical_text() -> None:
    upper, lower = wrap(FIRST + SECOND, 19), wrap(THIRD + FIRST, 19)

    def page(canvas: Canvas) -> None:
        for number, (one, other) in enumerate(zip(upper, lower, strict=False)):
            write_down(canvas, one, 494 - 20 * number, 760)
            write_down(canvas, other, 494 - 20 * number, 480)
        for number in range(len(lower), len(upper)):
            write_down(canvas, upper[number], 494 - 20 * number, 760)

    assert load(page).text == f"{FIRST}{SECOND}\n{THIRD}{FIRST}\n"


def test_digits_upright_in_a_vertical_line() -> None:
    def page(canvas: Canvas) -> None:
        write_down(canvas, "年次有給休暇は", 494, 780)
        canvas.drawString(494, 780 - 12 * 7, "20")
        write_down(canvas, "日とする。", 494, 780 - 12 * 8)

    assert load(page).text == "年次有給休暇は20日とする。\n"


def test_ruby_is_kept_beside_the_text() -> None:
    def across(canvas: Canvas) -> None:
        canvas.setFont(FONT, 12)
        canvas.drawString(60, 780, "委員会は瑕疵を補修する。")
        canvas.setFont(FONT, 6)
        canvas.drawString(60 + 12 * 4 + 3, 791.5, "か")
        canvas.drawString(60 + 12 * 5 + 3, 791.5, "し")

    def down(canvas: Canvas) -> None:
        write_down(canvas, "会社は罹災者を見舞う。", 494, 780)
        write_down(canvas, "りさいしゃ", 506.5, 780 - 12 * 3 + 4, 6)

    for page, base, reading in ((across, "瑕疵", "かし"), (down, "罹災者", "りさいしゃ")):
        content = load(page)
        assert reading not in content.text
        ruby = [anchor for anchor in content.anchors if anchor.kind == "ruby"]
        assert [(content.text[anchor.start : anchor.end], anchor.label) for anchor in ruby] == [(base, reading)]


def test_a_grid_of_cells_is_a_table() -> None:
    rows = [("種類", "日数", "手当"), ("結婚", "5日", "3万円"), ("出産", "2日", "1万円"), ("忌引", "3日", "2万円")]

    def page(canvas: Canvas) -> None:
        canvas.drawString(60, 800, "休暇の種類は次の表のとおりとする。")
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                canvas.drawString(60 + 120 * place, 770 - 18 * number, cell)

    assert load(page).text == (
        "休暇の種類は次の表のとおりとする。\n種類 | 日数 | 手当\n種類：結婚、日数：5日、手当：3万円。\n"
        "種類：出産、日数：2日、手当：1万円。\n種類：忌引、日数：3日、手当：2万円。\n"
    )


def test_running_heads_of_vertical_pages_are_left_out() -> None:
    bodies = [FIRST + SECOND, SECOND + THIRD, THIRD + FIRST]

    def page(number: int) -> Callable[[Canvas], None]:
        def paint(canvas: Canvas) -> None:
            canvas.drawString(60, 800, f"青空商会 社内報 {number}")
            for place, line in enumerate(wrap(bodies[number - 1], 19)):
                write_down(canvas, line, 494 - 20 * place, 700)
            canvas.setFont(FONT, 9)
            canvas.drawString(290, 40, str(number))

        return paint

    assert load(page(1), page(2), page(3)).text == "\n".join(bodies) + "\n"


@pytest.mark.parametrize(("encoding", "codec"), [("90ms-RKSJ-H", "cp932"), ("EUC-H", "euc_jp"), ("H", "iso2022_jp")])
def test_fonts_without_a_map_to_unicode(encoding: str, codec: str) -> None:
    """The characters follow from the name of the encoding: the font is not in the file, nor a map to Unicode."""
    font = CIDFont("HeiseiMin-W3", encoding)
    registerFont(font)
    line = "社員は、休暇を取る。"
    code = line.encode(codec).removeprefix(b"\x1b$B").removesuffix(b"\x1b(B").decode("latin-1")
    data = draw(lambda canvas: write_in(canvas, font.fontName, code))
    assert b"/ToUnicode" not in data
    content = PdfLoader().load(data)
    assert content.text == line + "\n"


def write_in(canvas: Canvas, font: str, line: str) -> None:
    canvas.setFont(font, 10)
    canvas.drawString(60, 780, line)

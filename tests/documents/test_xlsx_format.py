"""Numbers and dates as Excel shows them in Japanese."""

from __future__ import annotations

import pytest

from rag.documents.xlsx_format import BUILT_IN, format_number


@pytest.mark.parametrize(
    ("number", "code", "written"),
    [
        (1234567, "General", "1234567"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, "", "1234.5"),
        (-3, "General", "-3"),
        (12, 'General"名"', "12名"),
        (1e20, "General", "1E+20"),
        (0.00012, "General", "0.00012"),
        (1234567, "#,##0", "1,234,567"),
        (999, "#,##0", "999"),
        (0, "#,##0", "0"),
        (0, "#", ""),
        (1234567, '#,##0,"千円"', "1,235千円"),
        (25000, '#,##0"円"', "25,000円"),
        (25000, "¥#,##0", "¥25,000"),
        (25000, "[$¥-411]#,##0", "¥25,000"),
        (25000, '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ', "¥25,000"),
        (-25000, "#,##0;[Red]▲#,##0", "▲25,000"),
        (-25000, "#,##0_);(#,##0)", "(25,000)"),
        (-25000, '#,##0"円"', "-25,000円"),
        (-0.001, "0.0", "0.0"),
        (0, '0;-0;"なし"', "なし"),
        (5, ";;;", ""),
        (0.125, "0.0%", "12.5%"),
        (0.125, "0%", "13%"),
        (2.5, "0", "3"),
        (1.005, "0.00", "1.01"),
        (1.5, "0.0##", "1.5"),
        (1.0, "0.##", "1."),
        (1050011, "000-0000", "105-0011"),
        (42, "00000", "00042"),
        (3, '"第"0"条"', "第3条"),
        (12345, "0.00E+00", "1.23E+04"),
        (0.5, "# ?/?", "0.5"),
        (1500, '[>=1000]#,##0"円";0"銭"', "1,500円"),
        (15, '[>=1000]#,##0"円";0"銭"', "15銭"),
        (2024, "[DBNum1]0", "二〇二四"),
        (2024, "[DBNum3]0", "２０２４"),
        (7, '0"日"', "7日"),
    ],
)
def test_numbers(number: float, code: str, written: str) -> None:
    assert format_number(number, code) == written


@pytest.mark.parametrize(
    ("number", "code", "written"),
    [
        (45383, "yyyy/m/d", "2024/4/1"),
        (45383, "yyyy-mm-dd", "2024-04-01"),
        (45383, 'yyyy"年"m"月"d"日"', "2024年4月1日"),
        (45383, 'yyyy"年"m"月"d"日("aaa")"', "2024年4月1日(月)"),
        (45383, "aaaa", "月曜日"),
        (45383, "d-mmm-yy", "1-Apr-24"),
        (45383, "mmmm ddd", "April Mon"),
        (45383, '[$-411]ggge"年"m"月"d"日"', "令和6年4月1日"),
        (45383, "[$-411]ge.m.d", "R6.4.1"),
        (45383, "gge", "令6"),
        (43586, '[$-411]ggge"年"', "令和1年"),
        (43586, '[$-ja-JP-x-gannen]ggge"年"m"月"', "令和元年5月"),
        (43585, '[$-411]ggge"年"m"月"d"日"', "平成31年4月30日"),
        (32515, "[$-411]ggge", "昭和64"),
        (1, "yyyy/m/d", "1900/1/1"),
        (61, "yyyy/m/d", "1900/3/1"),
        (0.375, "h:mm", "9:00"),
        (0.75, "h:mm AM/PM", "6:00 PM"),
        (0.75, '[$-411]AM/PM h"時"mm"分"', "午後 6時00分"),
        (45383.5208333, "yyyy/m/d h:mm:ss", "2024/4/1 12:30:00"),
        (1.5, "[h]:mm", "36:00"),
        (0.0007, "mm:ss.0", "01:00.5"),
        (45383, 'm"月"d"日"', "4月1日"),
        (-1, "yyyy/m/d", "-1"),
        (9_999_999, "yyyy/m/d", "9999999"),
    ],
)
def test_dates(number: float, code: str, written: str) -> None:
    assert format_number(number, code) == written


def test_dates_from_1904() -> None:
    assert format_number(43921, "yyyy/m/d", from_1904=True) == "2024/4/1"


@pytest.mark.parametrize(
    ("identifier", "number", "written"),
    [
        (14, 45383, "2024/4/1"),
        (28, 45383, "令和6年4月1日"),
        (31, 45383, "2024年4月1日"),
        (57, 45383, "R6.4.1"),
        (9, 0.3, "30%"),
    ],
)
def test_formats_given_by_number(identifier: int, number: float, written: str) -> None:
    assert format_number(number, BUILT_IN[identifier]) == written

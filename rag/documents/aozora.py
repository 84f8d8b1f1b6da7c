"""The notation of Aozora Bunko in plain text: readings 漢字《かんじ》 and notes ［＃…］.

Source: 青空文庫 注記一覧 (https://www.aozora.gr.jp/annotation/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.ruby import mark_ruby
from rag.documents.writer import TextWriter

KANJI = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆〇ヶ※"
KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc\u309d\u309e\u30fd\u30fe・"
BRACKETS = re.compile(r"《[^《》\n]*》")
READINGS = re.compile(rf"(?:[{KANJI}］]|｜[^｜《》\n]+)《[{KANA}]+》")
BASES = "|".join(
    rf"(?<![{kind}])[{kind}]++" for kind in (KANJI, "\u30a1-\u30fa\u30fc", "A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f")
)
"""A reading belongs to the run of characters of one kind before it, unless ｜ says where that begins."""
RUBY = re.compile(rf"(?:｜([^｜《》\n]+)|({BASES}))《([^《》\n]+)》")
FEWEST_READINGS = 3
READING_SHARE = 0.9
"""A text is in this notation from this many readings on, if they are this share of all that stands in 《》."""
LEGEND_MARK = "【テキスト中に現れる記号について】"
LEGEND = re.compile(rf"^-{{10,}}\n{LEGEND_MARK}\n(?:[^\n]*\n){{0,40}}?-{{10,}}\n", re.MULTILINE)
GAIJI = re.compile(r"※［＃([^［］\n]*)］")
JIS_CODE = re.compile(r"第[34]水準([12])-(\d{1,2})-(\d{1,2})")
UNICODE_CODE = re.compile(r"U\+([0-9A-Fa-f]{4,5})")
NOTE = re.compile(r"［＃([^［］\n]*)］")
HEADING = re.compile(r"([大中小])見出し$")
LEVELS = {"大": 1, "中": 2, "小": 3}
PICTURE = re.compile(r"入る$")


def is_aozora(text: str) -> bool:
    """Tell by the block that explains its signs, or by its readings, whether a text is in the notation.

    《》 are also brackets for names of works; those stay as they are.
    """
    if LEGEND_MARK in text:
        return True
    readings = sum(1 for _ in READINGS.finditer(text))
    return readings >= FEWEST_READINGS and readings >= READING_SHARE * len(BRACKETS.findall(text))


def read_aozora(text: str) -> Content:
    """Read a canonical text in the notation.

    Readings become anchors, notes on headings headings; other notes go, and so does the block that explains the signs.
    Characters that are described because the encoding lacks them are put in where the note gives their code.
    """
    writer = TextWriter()
    pictures = unknown = 0
    block: int | None = None
    for line in LEGEND.sub("", text, count=1).split("\n"):
        line = GAIJI.sub(_read_gaiji, line)
        notes = NOTE.findall(line)
        pictures += sum(1 for note in notes if PICTURE.search(note))
        line = RUBY.sub(_mark, NOTE.sub("", line))
        unknown += line.count("※")
        level = _find_level(notes)
        if level is not None and any(note.startswith("ここから") for note in notes):
            block = level
        if (level or block) and line.strip():
            writer.write_heading(line, level=level or block or 1)
        elif line.strip():
            writer.write(line)
        elif not notes:
            writer.separate()
        if any(note.startswith("ここで") and note.endswith("見出し終わり") for note in notes):
            block = None
    return Content(writer.text, anchors=writer.anchors, losses=Losses(left_out=tuple(_name(pictures, unknown))))


def _find_level(notes: list[str]) -> int | None:
    return next((LEVELS[match[1]] for note in notes if (match := HEADING.search(note))), None)


def _name(pictures: int, unknown: int) -> Iterator[str]:
    if pictures:
        yield f"画像 {pictures}"
    if unknown:
        yield f"外字 {unknown}"


def _mark(match: re.Match[str]) -> str:
    return mark_ruby(match[1] or match[2], match[3])


def _read_gaiji(match: re.Match[str]) -> str:
    """The character a note describes, by its place in JIS X 0213 or in Unicode; ※ where the note gives neither."""
    note = match[1]
    if code := JIS_CODE.search(note):
        plane, row, cell = (int(number) for number in code.groups())
        data = bytes([0x8F] * (plane - 1) + [0xA0 + row, 0xA0 + cell]) if 1 <= row <= 94 and 1 <= cell <= 94 else b""
        return data.decode("euc_jis_2004", "ignore") or "※"
    if code := UNICODE_CODE.search(note):
        return chr(int(code[1], 16))
    return "※"

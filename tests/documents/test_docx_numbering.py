"""Numbers that Word counts: they are shown, but not in the text of the file."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rag.documents.document import Document
from rag.documents.docx_numbering import format_number
from rag.documents.loading import load_document
from tests.documents.written_files import add_xml, write_run


@pytest.fixture
def load(tmp_path: Path):
    def load(document: WordDocument) -> Document:
        path = tmp_path / "規程.docx"
        document.save(str(path))
        return load_document(path)

    return load


@pytest.fixture
def numbered() -> WordDocument:
    """A document with a list of three levels: 第1条, 1-1 in full width, and bullets."""
    document = docx.Document()
    levels = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{number_format}"/><w:suff w:val="{suffix}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for index, (number_format, suffix, pattern) in enumerate(
            [("decimal", "space", "第%1条"), ("decimalFullWidth", "nothing", "%1－%2　"), ("bullet", "tab", "●")]
        )
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'),
    )
    numbering.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="91"><w:abstractNumId w:val="90"/><w:lvlOverride w:ilvl="0">'
            '<w:startOverride w:val="7"/></w:lvlOverride></w:num>'
        )
    )
    return document


def add(document: WordDocument, text: str, depth: int, numbering: int = 90) -> None:
    properties = f'<w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{numbering}"/></w:numPr></w:pPr>'
    add_xml(document, f"<w:p>{properties}{write_run(text)}</w:p>")


def test_numbers_are_counted_as_word_counts(numbered: WordDocument, load) -> None:
    for text, depth in [("甲", 0), ("子", 1), ("丑", 1), ("点", 2), ("乙", 0), ("寅", 1)]:
        add(numbered, text, depth)
    add(numbered, "丙", 0, numbering=91)
    add(numbered, "丁", 0, numbering=91)
    add(numbered, "無し", 0, numbering=0)
    assert load(numbered).text.splitlines() == [
        "第1条 甲",
        "1－１　子",
        "1－２　丑",
        "    ・点",
        "第2条 乙",
        "2－１　寅",
        "第7条 丙",
        "第8条 丁",
        "無し",
    ]


def test_numbers_belong_to_the_heading(numbered: WordDocument, load) -> None:
    style = numbered.styles["Heading 1"].element.get_or_add_pPr()
    style.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="90"/></w:numPr>'))
    numbered.add_heading("（目的）", level=1)
    numbered.add_heading("（範囲）", level=1)
    loaded = load(numbered)
    assert [anchor.label for anchor in loaded.anchors] == ["第1条 （目的）", "第2条 （範囲）"]
    assert loaded.text == "第1条 （目的）\n\n第2条 （範囲）\n"


@pytest.mark.parametrize(
    ("style", "lines"),
    [("List Bullet", ["・甲", "・乙"]), ("List Number", ["1. 甲", "2. 乙"])],
)
def test_numbers_lists_of_the_template(style: str, lines: list[str], load) -> None:
    document = docx.Document()
    for text in ("甲", "乙"):
        document.add_paragraph(text, style=style)
    assert load(document).text.splitlines() == lines


@pytest.mark.parametrize(
    ("number_format", "written"),
    [
        ("decimal", ["1", "10", "23", "105"]),
        ("decimalFullWidth", ["１", "１０", "２３", "１０５"]),
        ("decimalEnclosedCircle", ["①", "⑩", "23", "105"]),
        ("aiueo", ["ア", "コ", "ヌ", "ス"]),
        ("iroha", ["イ", "ヌ", "ム", "リ"]),
        ("japaneseCounting", ["一", "十", "二十三", "百五"]),
        ("ideographDigital", ["一", "一〇", "二三", "一〇五"]),
        ("lowerLetter", ["a", "j", "w", "aaaaa"]),
        ("upperRoman", ["I", "X", "XXIII", "CV"]),
        ("decimalZero", ["01", "10", "23", "105"]),
        ("none", ["", "", "", ""]),
        ("somethingNew", ["1", "10", "23", "105"]),
    ],
)
def test_numbers_formats(number_format: str, written: list[str]) -> None:
    assert [format_number(number, number_format) for number in (1, 10, 23, 105)] == written


def test_numbers_beyond_those_of_word_are_written_in_digits() -> None:
    assert [format_number(999_999_999, name) for name in ("lowerLetter", "upperRoman")] == ["999999999"] * 2

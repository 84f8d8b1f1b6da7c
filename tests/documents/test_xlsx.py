"""Excel workbooks: what their cells show, which cells make tables, and what stands beside them."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.errors import DocumentError

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Document]:
    def load(workbook: openpyxl.Workbook) -> Document:
        path = tmp_path / "台帳.xlsx"
        workbook.save(path)
        return load_document(path)

    return load


def build(*rows: list[object], title: str = "Sheet1") -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].title = title
    for row in rows:
        workbook.worksheets[0].append(row)
    return workbook


def write_parts(path: Path, sheet: str, **parts: str) -> Document:
    """A workbook of one sheet written by hand; `parts` are other parts of the workbook by kind."""
    relate = "http://schemas.openxmlformats.org/package/2006/relationships"
    related = {"worksheet": ("sheet1", sheet), **{kind: (kind, xml) for kind, xml in parts.items()}}
    items = "".join(
        f'<Relationship Id="{kind}" Type="{RELATIONSHIPS}/{kind}" Target="{name}.xml"/>'
        for kind, (name, _) in related.items()
    )
    workbook = (
        f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATIONSHIPS}"><sheets><sheet name="Sheet1" sheetId="1" '
        'r:id="worksheet"/></sheets></workbook>'
    )
    main = f'<Relationship Id="a" Type="{RELATIONSHIPS}/officeDocument" Target="/xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{relate}">{main}</Relationships>')
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{relate}">{items}</Relationships>')
        for name, xml in related.values():
            archive.writestr(f"xl/{name}.xml", xml)
    return load_document(path)


def write_sheet(cells: str) -> str:
    return f'<worksheet xmlns="{SPREADSHEET}"><sheetData><row>{cells}</row></sheetData></worksheet>'


def list_places(document: Document, kind: str) -> list[tuple[str, str]]:
    return [
        (document.text[anchor.start : anchor.end], anchor.label) for anchor in document.anchors if anchor.kind == kind
    ]


class TestTables:
    def test_rows_repeat_the_header_and_values_show_as_formatted(self, load) -> None:
        workbook = build(
            ["休暇一覧"],
            ["部署", "氏名", "手当", "入社日", "率"],
            ["総務部", "佐藤", 12500, datetime.date(2024, 4, 1), 0.125],
            [None, "鈴木", 800, datetime.date(2019, 4, 30), 1],
            title="休暇",
        )
        sheet = workbook.worksheets[0]
        sheet.merge_cells("A3:A4")
        for row in (3, 4):
            sheet[f"C{row}"].number_format = '#,##0"円"'
            sheet[f"D{row}"].number_format = '[$-411]ggge"年"m"月"d"日"'
            sheet[f"E{row}"].number_format = "0.0%"
        document = load(workbook)
        table = (
            "部署 | 氏名 | 手当 | 入社日 | 率\n"
            "部署：総務部、氏名：佐藤、手当：12,500円、入社日：令和6年4月1日、率：12.5%。\n"
            "部署：総務部、氏名：鈴木、手当：800円、入社日：平成31年4月30日、率：100.0%。"
        )
        assert document.text == f"休暇\n\n休暇一覧\n\n{table}\n"
        assert list_places(document, "table") == [(table, "休暇一覧")]
        assert list_places(document, "heading") == [("休暇", "休暇")]

    def test_blank_rows_part_tables_and_blank_columns_are_none(self, load) -> None:
        rows = [["種類", None, "日数"], ["結婚", None, 5], [], ["品名", None, "数"], ["机", None, 3]]
        document = load(build(*rows))
        assert document.text == "種類 | 日数\n種類：結婚、日数：5。\n\n品名 | 数\n品名：机、数：3。\n"
        assert document.losses.tables == 2

    @pytest.mark.parametrize("mark", ["table", "filter", "pane"])
    def test_a_header_that_the_sheet_marks_is_repeated(self, mark: str, load) -> None:
        workbook = build(["名称", "説明"], ["青空", "商会"], ["北星", "物産"])
        sheet = workbook.worksheets[0]
        if mark == "table":
            sheet.add_table(Table(displayName="t", ref="A1:B3"))
        elif mark == "filter":
            sheet.auto_filter.ref = "A1:B3"
        else:
            sheet.freeze_panes = "A2"
        assert load(workbook).text == "名称 | 説明\n名称：青空、説明：商会。\n名称：北星、説明：物産。\n"

    def test_merged_cells_are_filled(self, load) -> None:
        workbook = build(
            ["部署", "休暇", None], [None, "年休", "病休"], ["総務部", 10, 3], ["営業部", "なし", None], ["共通", 5, 2]
        )
        for cells in ("A1:A2", "B1:C1", "B4:C4"):
            workbook.worksheets[0].merge_cells(cells)
        assert load(workbook).text == (
            "部署 | 休暇\n部署 | 年休 | 病休\n"
            "部署：総務部、休暇 年休：10、休暇 病休：3。\n"
            "部署：営業部、休暇 年休・休暇 病休：なし。\n"
            "部署：共通、休暇 年休：5、休暇 病休：2。\n"
        )

    def test_merges_beyond_all_cells_end(self, load) -> None:
        workbook = build(["全社", "甲"], [None, "乙"])
        workbook.worksheets[0].merged_cells.add("A1:A1048576")
        workbook.worksheets[0].merged_cells.add("XFA2:XFD1048576")
        assert load(workbook).text == "全社 | 甲\n全社 | 乙\n"

    def test_text_in_one_column_is_no_table(self, load) -> None:
        document = load(build(["第1章　総則"], ["この規則は働き方を定める。"]))
        assert document.text == "第1章　総則\nこの規則は働き方を定める。\n"
        assert list_places(document, "table") == []
        assert document.heading_at(20) == ("第1章 総則",)


class TestSheets:
    def test_sheets_are_pages(self, load) -> None:
        workbook = build(["甲"], title="総務")
        workbook.create_sheet("空")
        workbook.create_sheet("営業")["B2"] = "乙"
        document = load(workbook)
        assert document.text == "総務\n\n甲\n\n営業\n\n乙\n"
        assert list_places(document, "sheet") == [("総務\n\n甲", "総務"), ("営業\n\n乙", "営業")]
        assert (document.losses.pages, document.losses.pages_without_text) == (3, ("空",))
        assert document.page_at(document.text.index("乙")) == "営業"

    @pytest.mark.parametrize("state", ["hidden", "veryHidden"])
    def test_hidden_sheets_are_named(self, state: str, load) -> None:
        workbook = build(["甲"])
        workbook.create_sheet("裏").append(["秘密"])
        workbook["裏"].sheet_state = state
        document = load(workbook)
        assert document.text == "甲\n"
        assert document.losses.left_out == ("非表示のシート: 裏",)

    def test_title_of_the_properties(self, load) -> None:
        workbook = build(["甲"])
        workbook.properties.title = "備品台帳"
        assert load(workbook).title == "備品台帳"


class TestComments:
    def test_a_comment_follows_the_table_and_names_its_cell(self, load) -> None:
        workbook = build(["種類", "日数"], ["結婚", "５日"], [], ["後"])
        workbook.worksheets[0]["B2"].comment = Comment("山田:\n臨時も同じ", "山田")
        document = load(workbook)
        assert document.text == (
            "種類 | 日数\n種類：結婚、日数：５日。\n\n［コメント 山田 「５日」］臨時も同じ\n\n後\n"
        )
        assert list_places(document, "comment") == [("臨時も同じ", "山田")]

    def test_a_comment_on_a_blank_cell_names_the_place(self, load) -> None:
        workbook = build(["甲"])
        workbook.worksheets[0]["C9"].comment = Comment("未定", "")
        assert load(workbook).text.endswith("［コメント C9］未定\n")


class TestCells:
    def test_readings_are_kept_beside_the_text(self, tmp_path: Path) -> None:
        strings = (
            f'<sst xmlns="{SPREADSHEET}"><si><t>𠮷田 東京</t><rPh sb="0" eb="3"><t>ヨシダ</t></rPh>'
            '<rPh sb="4" eb="6"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si></sst>'
        )
        document = write_parts(tmp_path / "a.xlsx", write_sheet('<c t="s"><v>0</v></c>'), sharedStrings=strings)
        assert document.text == "𠮷田 東京\n"
        assert list_places(document, "ruby") == [("𠮷田", "ヨシダ"), ("東京", "トウキョウ")]

    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('<c t="b"><v>1</v></c>', "TRUE"),
            ('<c t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
            ('<c t="str"><f>A2</f><v>計</v></c>', "計"),
            ("<c><f>1+2</f><v>3</v></c>", "3"),
            ('<c t="inlineStr"><is><r><t>一</t></r><r><t>二_x000A_三</t></r></is></c>', "一二\n三"),
            ('<c t="d"><v>2024-04-01</v></c>', "45383"),
            ("<c><v>12345678901</v></c>", "12345678901"),
            ("<c><v>0.30000000000000004</v></c>", "0.3"),
        ],
    )
    def test_kinds_of_values(self, cell: str, text: str, tmp_path: Path) -> None:
        assert write_parts(tmp_path / "a.xlsx", write_sheet(cell)).text == f"{text}\n"

    def test_formulas_without_a_saved_value_are_counted(self, load) -> None:
        document = load(build(["合計", "=SUM(1,2)", "=1"]))
        assert document.text == "合計\n"
        assert document.losses.left_out == ("計算結果が保存されていない数式 2",)

    def test_formats_of_the_styles(self, tmp_path: Path) -> None:
        styles = (
            f'<styleSheet xmlns="{SPREADSHEET}"><numFmts><numFmt numFmtId="170" formatCode="@&quot;様&quot;"/>'
            '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="58"/><xf numFmtId="170"/></cellXfs></styleSheet>'
        )
        cells = '<c s="1"><v>45383</v></c><c s="2" t="str"><v>佐藤</v></c><c s="9"><v>7</v></c>'
        assert (
            write_parts(tmp_path / "a.xlsx", write_sheet(cells), styles=styles).text == "令和6年4月1日 | 佐藤様 | 7\n"
        )


class TestRefusals:
    @pytest.mark.parametrize("sheet", ["<worksheet", ""])
    def test_damaged_inside(self, sheet: str, tmp_path: Path) -> None:
        with pytest.raises(DocumentError, match=r"a\.xlsx: .* / it is a damaged Excel workbook"):
            write_parts(tmp_path / "a.xlsx", sheet)

    def test_entities_in_the_cells(self, tmp_path: Path) -> None:
        sheet = "<!DOCTYPE x [<!ENTITY a 'b'>]>" + write_sheet('<c t="str"><v>&a;</v></c>')
        with pytest.raises(DocumentError, match="which is not safe to read"):
            write_parts(tmp_path / "a.xlsx", sheet)

    def test_no_sheets(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        build(["甲"]).save(buffer)
        path = tmp_path / "空.xlsx"
        with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                target.writestr(name, b"<x/>" if name == "xl/workbook.xml" else source.read(name))
        with pytest.raises(DocumentError, match=r"壊れた Excel ブックです（no sheets）"):
            load_document(path)

"""Word documents: order, styles, tables, numbers, and what python-docx passes over."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.errors import DocumentError
from tests.documents.written_files import add_xml, write_run


@pytest.fixture
def load(tmp_path: Path):
    def load(document: WordDocument) -> Document:
        path = tmp_path / "規程.docx"
        document.save(str(path))
        return load_document(path)

    return load


def test_paragraphs_and_tables_come_in_order(load) -> None:
    document = docx.Document()
    document.add_paragraph("表の前")
    table = document.add_table(rows=2, cols=2)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"欄{number}"
    document.add_paragraph("表の間")
    document.add_table(rows=1, cols=2).cell(0, 1).text = "右"
    document.add_paragraph("表の後")
    assert load(document).text == "表の前\n\n欄0 | 欄1\n欄2 | 欄3\n\n表の間\n\n | 右\n\n表の後\n"


def test_merged_cells_stand_in_every_row_they_span(load) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "全社"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "本社"
    for (row, column), text in {(1, 1): "1階", (1, 2): "受付", (2, 1): "2階", (2, 2): "総務"}.items():
        table.cell(row, column).text = text
    assert load(document).text == "全社\n本社 | 1階 | 受付\n本社 | 2階 | 総務\n"


def test_rows_that_are_merged_as_a_whole_stand_once(load) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).merge(table.cell(1, 1)).text = "全社"
    table.cell(2, 0).text, table.cell(2, 1).text = "甲", "乙"
    assert load(document).text == "全社\n甲 | 乙\n"


def test_cells_merged_to_the_right_of_a_wide_one_find_their_column(load) -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "広い"
    table.cell(0, 2).merge(table.cell(1, 2)).text = "高い"
    table.cell(1, 0).text, table.cell(1, 1).text = "一", "二"
    assert load(document).text == "広い | 高い\n一 | 二 | 高い\n"


def test_cells_with_paragraphs_and_tables_stay_one_row(load) -> None:
    document = docx.Document()
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "一\n二"
    table.cell(0, 0).add_paragraph("三")
    inner = table.cell(0, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "内", "側"
    assert load(document).text == "一 二 三 | 内 | 側\n"


def test_a_table_of_one_cell_is_a_frame(load) -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.text = "枠の一行目"
    cell.add_paragraph("二行目")
    assert load(document).text == "枠の一行目\n二行目\n"


class TestHeadings:
    def test_levels_and_title(self, load) -> None:
        document = docx.Document()
        document.add_heading("就業規則", level=0)
        document.add_heading("総則", level=1)
        document.add_heading("目的", level=2)
        document.add_paragraph("本文")
        loaded = load(document)
        assert loaded.text == "就業規則\n\n総則\n\n目的\n\n本文\n"
        assert [(anchor.label, anchor.level, anchor.start) for anchor in loaded.anchors] == [
            ("就業規則", 1, 0),
            ("総則", 1, 6),
            ("目的", 2, 10),
        ]
        assert loaded.title == "就業規則"
        assert loaded.metadata == {"format": "docx"}

    @pytest.mark.parametrize("name", ["見出し 1", "見出し1", "見出し　１", "Heading 1", "heading 1"])
    def test_names_of_styles(self, name: str, load) -> None:
        document = docx.Document()
        styles = document.styles
        styles["Heading 1"].delete()
        style = styles.add_style("x", WD_STYLE_TYPE.PARAGRAPH)
        style.element.find(qn("w:name")).set(qn("w:val"), name)
        for text in ("第一部", "第二部"):
            document.add_paragraph(text).style = style
        assert [(anchor.label, anchor.level) for anchor in load(document).anchors] == [("第一部", 1), ("第二部", 1)]

    def test_title_style_in_japanese(self, load) -> None:
        document = docx.Document()
        document.core_properties.title = "古い題"
        style = document.styles.add_style("x", WD_STYLE_TYPE.PARAGRAPH)
        style.element.find(qn("w:name")).set(qn("w:val"), "表題")
        document.add_paragraph("前置き")
        document.add_paragraph("出張旅費規程").style = style
        assert load(document).title == "出張旅費規程"

    def test_styles_inherit_and_paragraphs_have_their_own_level(self, load) -> None:
        document = docx.Document()
        style = document.styles.add_style("章", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Heading 2"]
        document.add_paragraph("受け継ぐ").style = style
        add_xml(document, f'<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>{write_run("自分で決める")}</w:p>')
        add_xml(
            document,
            '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:outlineLvl w:val="9"/></w:pPr>'
            f"{write_run('見出しでない')}</w:p>",
        )
        loaded = load(document)
        assert [(anchor.label, anchor.level) for anchor in loaded.anchors] == [("受け継ぐ", 2), ("自分で決める", 3)]

    def test_articles_count_where_no_style_is_used(self, load) -> None:
        document = docx.Document()
        for text in ("旅費規程", "第1章　総則", "第1条（目的）", "本文です。"):
            document.add_paragraph(text)
        loaded = load(document)
        assert loaded.heading_at(loaded.text.index("本文")) == ("第1章 総則", "第1条（目的）")
        assert loaded.title == "旅費規程"

    def test_title_of_the_properties(self, load) -> None:
        document = docx.Document()
        document.core_properties.title = "出張旅費規程"
        document.add_paragraph("本文です。")
        assert load(document).title == "出張旅費規程"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (f"<w:sdt><w:sdtContent><w:p>{write_run('入力欄')}</w:p></w:sdtContent></w:sdt>", "入力欄\n"),
        (f"<w:p>{write_run('前')}<w:ins>{write_run('加えた')}</w:ins></w:p>", "前加えた\n"),
        (f"<w:p>{write_run('前')}<w:del><w:r><w:delText>消した</w:delText></w:r></w:del></w:p>", "前\n"),
        (
            "<w:p><w:r><w:ruby><w:rt><w:r><w:t>ばいせん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>焙煎</w:t></w:r>"
            f"</w:rubyBase></w:ruby></w:r>{write_run('機')}</w:p>",
            "焙煎機\n",
        ),
        (f"<w:p>{write_run('見よ')}<w:hyperlink w:anchor='a'>{write_run('別表')}</w:hyperlink></w:p>", "見よ別表\n"),
        ("<w:p><w:r><w:t>一</w:t><w:br/><w:t>二</w:t><w:tab/><w:t>三</w:t></w:r></w:p>", "一\n二\t三\n"),
        (
            f"<w:p>{write_run('本文')}<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent><w:p>"
            f"{write_run('囲み')}</w:p></w:txbxContent></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p>"
            f"{write_run('囲み')}</w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
            "</w:p>",
            "本文\n囲み\n",
        ),
        (f"<w:p>{write_run('一')}</w:p><w:p/><w:p/><w:p>{write_run('二')}</w:p>", "一\n\n二\n"),
    ],
    ids=["control", "insertion", "deletion", "ruby", "link", "breaks", "text box", "empty"],
)
def test_elements_that_hold_text(xml: str, text: str, load) -> None:
    document = docx.Document()
    add_xml(document, xml)
    assert load(document).text == text


def add_part(document: WordDocument, name: str, xml: str, kind: str) -> None:
    part = Part(PackURI(f"/word/{name}.xml"), "application/xml", xml.encode(), document.part.package)
    document.part.relate_to(part, kind)


def add_notes(document: WordDocument, kind: str, texts: dict[int, str]) -> None:
    notes = "".join(
        f"<w:{kind} w:id='{number}'><w:p>{write_run(text)}</w:p></w:{kind}>" for number, text in texts.items()
    )
    line = f"<w:{kind} w:type='separator' w:id='-1'><w:p>{write_run('線')}</w:p></w:{kind}>"
    relationship = getattr(RELATIONSHIP_TYPE, f"{kind}s".upper())
    add_part(document, f"{kind}s", f"<w:{kind}s {nsdecls('w')}>{line}{notes}</w:{kind}s>", relationship)


def call(kind: str, number: int) -> str:
    return f"<w:r><w:{kind}Reference w:id='{number}'/></w:r>"


def list_places(document: Document, kind: str) -> list[tuple[str, str]]:
    return [
        (document.text[anchor.start : anchor.end], anchor.label) for anchor in document.anchors if anchor.kind == kind
    ]


class TestNotes:
    def test_footnotes_follow_the_paragraph_that_calls_them(self, load) -> None:
        document = docx.Document()
        add_notes(document, "footnote", {2: "注の文。", 5: "先の注。"})
        add_notes(document, "endnote", {2: "終わりの注。"})
        first = f"{write_run('定年')}{call('footnote', 5)}{write_run('は六十歳。')}{call('endnote', 2)}"
        add_xml(document, f"<w:p>{first}</w:p><w:p>{write_run('次の段落。')}{call('footnote', 2)}</w:p>")
        loaded = load(document)
        assert loaded.text == "定年は六十歳。\n［注1］先の注。\n［文末注i］終わりの注。\n次の段落。\n［注2］注の文。\n"
        assert list_places(loaded, "footnote") == [("先の注。", "1"), ("終わりの注。", "i"), ("注の文。", "2")]

    def test_notes_that_nothing_calls_come_last(self, load) -> None:
        document = docx.Document()
        document.add_paragraph("本文です。")
        add_notes(document, "footnote", {1: "注の文。"})
        assert load(document).text == "本文です。\n\n［注1］注の文。\n"

    def test_notes_of_cells_follow_the_table(self, load) -> None:
        document = docx.Document()
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ("甲", "乙", "丙", "丁"), strict=True):
            cell.text = text
        table.cell(0, 0).paragraphs[0]._p.append(
            parse_xml(f"<w:r {nsdecls('w')}><w:footnoteReference w:id='1'/></w:r>")
        )
        add_notes(document, "footnote", {1: "注の文。"})
        loaded = load(document)
        assert loaded.text == "甲 | 乙\n丙 | 丁\n\n［注1］注の文。\n"
        assert list_places(loaded, "table") == [("甲 | 乙\n丙 | 丁", "甲 | 乙")]

    def test_comments_name_their_author(self, load) -> None:
        document = docx.Document()
        run = document.add_paragraph("定年は六十歳。").runs[0]
        document.add_comment(run, text="六十五歳に改める\n予定", author="山田")
        loaded = load(document)
        assert loaded.text == "定年は六十歳。\n［コメント 山田］六十五歳に改める\n予定\n"
        assert list_places(loaded, "comment") == [("六十五歳に改める\n予定", "山田")]


def write_ruby(base: str, reading: str) -> str:
    return f"<w:r><w:ruby><w:rt>{write_run(reading)}</w:rt><w:rubyBase>{write_run(base)}</w:rubyBase></w:ruby></w:r>"


def test_readings_are_kept_beside_the_text(load) -> None:
    document = docx.Document()
    heading = f"<w:pPr><w:pStyle w:val='Heading1'/></w:pPr>{write_run('第1章 ')}{write_ruby('焙煎', 'ばいせん')}"
    cells = f"<w:tc><w:p>{write_ruby('蕎麦', 'そば')}</w:p></w:tc><w:tc><w:p>{write_run('500円')}</w:p></w:tc>"
    head = f"<w:tc><w:p>{write_ruby('品', 'しな')}</w:p></w:tc><w:tc><w:p>{write_run('値段')}</w:p></w:tc>"
    add_xml(document, f"<w:p>{heading}</w:p><w:tbl><w:tr>{head}</w:tr><w:tr>{cells}</w:tr></w:tbl>")
    loaded = load(document)
    assert loaded.text == "第1章 焙煎\n\n品 | 値段\n品：蕎麦、値段：500円。\n"
    assert list_places(loaded, "ruby") == [("焙煎", "ばいせん"), ("品", "しな"), ("蕎麦", "そば")]
    assert list_places(loaded, "heading") == [("第1章 焙煎", "第1章 焙煎")]
    assert loaded.losses.ruby == 3


@pytest.mark.parametrize("span", ["999999999", "9" * 5000, "-1", "x"])
def test_absurd_numbers_do_no_harm(span: str, load) -> None:
    document = docx.Document()
    cells = f"<w:tc><w:tcPr><w:gridSpan w:val='{span}'/></w:tcPr><w:p>{write_run('甲')}</w:p></w:tc>"
    rows = f"<w:tr><w:trPr><w:gridBefore w:val='{span}'/></w:trPr>{cells}{cells}</w:tr>" * 2
    add_xml(document, f"<w:tbl>{rows}</w:tbl>")
    assert load(document).text.replace(" | 甲 | 甲", "甲 | 甲") == "甲 | 甲\n甲 | 甲\n"


def test_a_row_marked_as_header_is_repeated(load) -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("名称", "青空商会", "所在地", "東京"), strict=True):
        cell.text = text
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    assert load(document).text == "名称 | 青空商会\n名称：所在地、青空商会：東京。\n"


def test_what_is_left_out_is_named(load) -> None:
    document = docx.Document()
    document.add_paragraph("本文です。")
    document.sections[0].header.paragraphs[0].text = "社外秘"
    document.sections[0].footer.paragraphs[0].text = "- 1 -"
    add_part(document, "media/a", "<x/>", RELATIONSHIP_TYPE.IMAGE)
    add_part(document, "vbaProject", "<x/>", "http://schemas.microsoft.com/office/2006/relationships/vbaProject")
    loaded = load(document)
    assert loaded.text == "本文です。\n"
    assert loaded.losses.left_out == ("画像 1", "マクロ", "ヘッダー")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "甲"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://example.invalid/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(doctype: str, encoding: str, tmp_path: Path) -> None:
    xml = f"<?xml version='1.0' encoding='{encoding}'?>{doctype}<w:document {nsdecls('w')}><w:body><w:p>"
    path = replace_part(tmp_path, (xml + write_run("&a;") + "</w:p></w:body></w:document>").encode(encoding))
    with pytest.raises(DocumentError, match=r"文書型宣言（DTD）があり.* / word/document\.xml has a document type decl"):
        load_document(path)


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else '甲' * 10}'>" for n in range(12))
    xml = f"<!DOCTYPE x [{entities}]><w:document {nsdecls('w')} w:x='&e11;'><w:body/></w:document>"
    with pytest.raises(DocumentError, match=r"DTD|damaged Word document"):
        load_document(replace_part(tmp_path, xml.encode()))


def test_a_document_saved_as_strict_is_read(tmp_path: Path) -> None:
    xml = (
        "<w:document xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'>"
        f"<w:body><w:p>{write_run('厳密な文書。')}</w:p></w:body></w:document>"
    )
    assert load_document(replace_part(tmp_path, xml.encode())).text == "厳密な文書。\n"


def replace_part(folder: Path, content: bytes) -> Path:
    """A document whose main part holds these bytes."""
    buffer = io.BytesIO()
    docx.Document().save(buffer)
    path = folder / "文書.docx"
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, content if name == "word/document.xml" else source.read(name))
    return path


class TestRefusals:
    def test_encrypted(self, tmp_path: Path) -> None:
        path = tmp_path / "秘密.docx"
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
        with pytest.raises(
            DocumentError, match=r"an Office document encrypted with a password; .* remove the password"
        ):
            load_document(path)

    def test_old_format(self, tmp_path: Path) -> None:
        path = tmp_path / "旧.docx"
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
        with pytest.raises(DocumentError, match=r"of the format before 2007 .* save it as \.docx, "):
            load_document(path)

    @pytest.mark.parametrize(
        ("member", "found"),
        [
            ("xl/workbook.xml", "an Excel workbook"),
            ("ppt/presentation.xml", "a PowerPoint file"),
            ("a.txt", "a ZIP archive"),
        ],
    )
    def test_other_archives(self, member: str, found: str, tmp_path: Path) -> None:
        path = tmp_path / "別物.docx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "x")
        with pytest.raises(DocumentError, match=f"its content is {found}"):
            load_document(path)

    @pytest.mark.parametrize("content", [b"<w:document", b"<x/>", b""])
    def test_damaged_inside(self, content: bytes, tmp_path: Path) -> None:
        with pytest.raises(
            DocumentError, match=r"文書\.docx: 壊れた Word 文書です（.* / it is a damaged Word document"
        ):
            load_document(replace_part(tmp_path, content))


def test_damaged_properties_do_no_harm(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("本文です。")
    document.save(buffer)
    path = tmp_path / "規程.docx"
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<x/>" if name == "docProps/core.xml" else source.read(name))
    assert load_document(path).text == "本文です。\n"

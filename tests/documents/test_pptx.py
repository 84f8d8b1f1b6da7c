"""Presentations: reading order, tables, charts, notes, comments, and what is left out."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pptx
import pytest
from docx.oxml import parse_xml
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Emu

from rag.documents.document import Document
from rag.documents.drawing_text import read_lines
from rag.documents.loading import load_document
from rag.errors import DocumentError

INCH = 914_400
TITLE_SLIDE, CONTENT, BLANK = 0, 1, 6
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"
MODERN = "http://schemas.microsoft.com/office/powerpoint/2018/8/main"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Document]:
    def load(presentation: Presentation) -> Document:
        path = tmp_path / "説明.pptx"
        presentation.save(str(path))
        return load_document(path)

    return load


@pytest.fixture
def presentation() -> Presentation:
    return pptx.Presentation()


def add_slide(presentation: Presentation, layout: int = BLANK) -> Slide:
    return presentation.slides.add_slide(presentation.slide_layouts[layout])


def add_box(shapes, text: str, left: float, top: float, height: float = 0.5) -> None:
    box = shapes.add_textbox(Emu(int(left * INCH)), Emu(int(top * INCH)), Emu(2 * INCH), Emu(int(height * INCH)))
    box.text_frame.text = text


def add_part(owner, name: str, xml: str, kind: str) -> None:
    part = Part(PackURI(name), "application/xml", owner.part.package, xml.encode())
    owner.part.relate_to(part, kind)


def list_places(document: Document, kind: str) -> list[tuple[str, str]]:
    return [
        (document.text[anchor.start : anchor.end], anchor.label) for anchor in document.anchors if anchor.kind == kind
    ]


class TestSlides:
    def test_titles_are_headings_and_slides_are_pages(self, presentation: Presentation, load) -> None:
        first = add_slide(presentation, TITLE_SLIDE)
        first.shapes.title.text = "休暇の説明"
        first.placeholders[1].text = "総務部"
        add_slide(presentation)
        second = add_slide(presentation, CONTENT)
        second.placeholders[1].text = "年に二十日。"
        second.shapes.title.text = "年次休暇"
        document = load(presentation)
        assert document.text == "休暇の説明\n\n総務部\n\n年次休暇\n\n年に二十日。\n"
        assert [(anchor.label, anchor.level) for anchor in document.anchors if anchor.kind == "heading"] == [
            ("休暇の説明", 1),
            ("年次休暇", 2),
        ]
        assert list_places(document, "slide") == [("休暇の説明\n\n総務部", "1"), ("年次休暇\n\n年に二十日。", "3")]
        assert (document.losses.pages, document.losses.pages_without_text) == (3, ("2",))
        assert document.title == "休暇の説明"
        assert document.heading_at(document.text.index("二十日")) == ("休暇の説明", "年次休暇")

    def test_boxes_come_from_top_to_bottom_and_left_to_right(self, presentation: Presentation, load) -> None:
        shapes = add_slide(presentation).shapes
        for text, left, top in [("下", 1, 5), ("右", 5, 2.1), ("左", 1, 2), ("上", 3, 1), ("中央", 3, 2.05)]:
            add_box(shapes, text, left, top)
        assert load(presentation).text == "上\n左\n中央\n右\n下\n"

    def test_groups_stay_together(self, presentation: Presentation, load) -> None:
        shapes = add_slide(presentation).shapes
        add_box(shapes, "後", 1, 4)
        group = shapes.add_group_shape()
        add_box(group.shapes, "組の下", 1, 3)
        add_box(group.shapes, "組の上", 1, 1)
        add_box(shapes, "間", 5, 2)
        assert load(presentation).text == "組の上\n組の下\n間\n後\n"

    def test_placeholders_stand_where_the_layout_puts_them(self, presentation: Presentation, load) -> None:
        slide = add_slide(presentation, CONTENT)
        slide.placeholders[1].text = "本文"
        slide.shapes.title.text = "題"
        add_box(slide.shapes, "上の飾り", 1, 0.1, 0.2)
        add_box(slide.shapes, "下の注", 1, 7)
        assert load(presentation).text == "題\n\n上の飾り\n本文\n下の注\n"

    def test_hidden_slides_are_named(self, presentation: Presentation, load) -> None:
        for text in ("見", "隠"):
            add_box(add_slide(presentation).shapes, text, 1, 1)
        presentation.slides[1]._element.set("show", "0")
        document = load(presentation)
        assert document.text == "見\n"
        assert (document.losses.pages, document.losses.left_out) == (1, ("非表示のスライド: 2",))


@pytest.mark.parametrize(
    ("paragraphs", "lines"),
    [
        ("<a:p><a:r><a:t>一</a:t></a:r><a:br/><a:r><a:t>二</a:t></a:r></a:p><a:p/>", ["一\n二"]),
        ("<a:p><a:pPr><a:buChar char='•'/></a:pPr><a:r><a:t>甲</a:t></a:r></a:p>", ["・甲"]),
        ("<a:p><a:pPr lvl='1'/><a:r><a:t>子</a:t></a:r></a:p>", ["  ・子"]),
        (
            "<a:p><a:pPr><a:buAutoNum type='arabicPeriod' startAt='3'/></a:pPr><a:r><a:t>甲</a:t></a:r></a:p>"
            "<a:p><a:pPr lvl='1'><a:buAutoNum type='circleNumDbPlain'/></a:pPr><a:r><a:t>子</a:t></a:r></a:p>"
            "<a:p><a:pPr><a:buAutoNum type='arabicPeriod' startAt='3'/></a:pPr><a:r><a:t>乙</a:t></a:r></a:p>"
            "<a:p><a:r><a:t>間</a:t></a:r></a:p>"
            "<a:p><a:pPr><a:buAutoNum type='arabicParenBoth'/></a:pPr><a:r><a:t>丙</a:t></a:r></a:p>",
            ["3. 甲", "  ① 子", "4. 乙", "間", "(1) 丙"],
        ),
    ],
)
def test_paragraphs(paragraphs: str, lines: list[str]) -> None:
    assert list(read_lines(parse_xml(f'<a:txBody xmlns:a="{DRAWING}">{paragraphs}</a:txBody>'))) == lines


class TestGraphics:
    def test_tables_repeat_the_header_and_fill_merged_cells(self, presentation: Presentation, load) -> None:
        rows = [["部署", "氏名", "係"], ["総務部", "佐藤", "採用"], ["", "鈴木", "給与"], ["休み", "", ""]]
        size = Emu(0), Emu(0), Emu(INCH), Emu(INCH)
        table = add_slide(presentation).shapes.add_table(4, 3, *size).table
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(3, 0).merge(table.cell(3, 2))
        document = load(presentation)
        assert document.text == (
            "部署 | 氏名 | 係\n部署：総務部、氏名：佐藤、係：採用。\n部署：総務部、氏名：鈴木、係：給与。\n休み\n"
        )
        assert list_places(document, "table") == [(document.text.rstrip("\n"), "部署 | 氏名 | 係")]

    def test_charts_are_tables(self, presentation: Presentation, load) -> None:
        data = CategoryChartData(number_format="0%")
        data.categories = ["東京", "大阪"]
        data.add_series("2023年", (0.25, 0.5))
        data.add_series("2024年", (0.75, 1))
        size = Emu(0), Emu(0), Emu(INCH), Emu(INCH)
        chart = add_slide(presentation).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data).chart
        chart.has_title = True
        chart.chart_title.text_frame.text = "支店の割合"
        document = load(presentation)
        assert document.text == (
            "支店の割合\n\n | 2023年 | 2024年\n東京、2023年：25%、2024年：75%。\n大阪、2023年：50%、2024年：100%。\n"
        )
        assert document.losses.left_out == ()

    def test_diagrams_give_their_words(self, presentation: Presentation, load) -> None:
        slide = add_slide(presentation)
        diagram = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
        point = "<dgm:pt modelId='{0}' type='{1}'><dgm:t><a:p><a:r><a:t>{2}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        points = point.format(1, "node", "計画") + point.format(2, "node", "実行") + point.format(3, "pres", "型")
        xml = (
            f'<dgm:dataModel xmlns:dgm="{diagram}" xmlns:a="{DRAWING}"><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>'
        )
        part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, xml.encode())
        identifier = slide.part.relate_to(part, f"{RELATIONSHIP_TYPE.CHART.rpartition('/')[0]}/diagramData")
        relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        slide.shapes._spTree.append(
            parse_xml(
                f'<p:graphicFrame xmlns:p="{PRESENTATION}" xmlns:a="{DRAWING}"><a:graphic><a:graphicData>'
                f'<dgm:relIds xmlns:dgm="{diagram}" xmlns:r="{relations}" r:dm="{identifier}"/>'
                "</a:graphicData></a:graphic></p:graphicFrame>"
            )
        )
        assert load(presentation).text == "計画\n実行\n"


class TestNotes:
    def test_speaker_notes_follow_the_slide(self, presentation: Presentation, load) -> None:
        slide = add_slide(presentation)
        add_box(slide.shapes, "本文", 1, 1)
        slide.notes_slide.notes_text_frame.text = "ここで間を置く。"
        document = load(presentation)
        assert document.text == "本文\n\n［ノート］ここで間を置く。\n"
        assert list_places(document, "slide") == [("本文\n\n［ノート］ここで間を置く。", "1")]

    def test_comments_of_both_kinds(self, presentation: Presentation, load) -> None:
        slide = add_slide(presentation)
        add_box(slide.shapes, "本文", 1, 1)
        old = f'<p:cmLst xmlns:p="{PRESENTATION}"><p:cm authorId="0"><p:text>古い指摘</p:text></p:cm></p:cmLst>'
        body = "<n:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></n:txBody>"
        replies = f"<n:replyLst><n:reply authorId='x'>{body.format('返事')}</n:reply></n:replyLst>"
        new = (
            f'<n:cmLst xmlns:n="{MODERN}" xmlns:a="{DRAWING}"><n:cm authorId="x">{replies}{body.format("新しい指摘")}'
            "</n:cm></n:cmLst>"
        )
        add_part(slide, "/ppt/comments/c1.xml", old, RELATIONSHIP_TYPE.COMMENTS)
        add_part(
            slide, "/ppt/comments/c2.xml", new, "http://schemas.microsoft.com/office/2018/10/relationships/comments"
        )
        names = f'<p:cmAuthorLst xmlns:p="{PRESENTATION}"><p:cmAuthor id="0" name="山田"/></p:cmAuthorLst>'
        authors = f'<n:authorLst xmlns:n="{MODERN}"><n:author id="x" name="佐藤"/></n:authorLst>'
        add_part(presentation, "/ppt/commentAuthors.xml", names, RELATIONSHIP_TYPE.COMMENT_AUTHORS)
        add_part(
            presentation,
            "/ppt/authors.xml",
            authors,
            "http://schemas.microsoft.com/office/2018/10/relationships/authors",
        )
        document = load(presentation)
        assert (
            document.text == "本文\n\n［コメント 山田］古い指摘\n［コメント 佐藤］新しい指摘\n［コメント 佐藤］返事\n"
        )
        assert list_places(document, "comment") == [("古い指摘", "山田"), ("新しい指摘", "佐藤"), ("返事", "佐藤")]


def test_pictures_are_named(presentation: Presentation, load) -> None:
    slide = add_slide(presentation)
    add_box(slide.shapes, "本文", 1, 1)
    add_part(slide, "/ppt/media/a.png", "x", RELATIONSHIP_TYPE.IMAGE)
    add_part(
        presentation, "/ppt/vbaProject.bin", "x", "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    )
    assert load(presentation).losses.left_out == ("マクロ", "画像 1")


def test_a_title_given_by_powerpoint_is_none(presentation: Presentation, load) -> None:
    presentation.core_properties.title = "PowerPoint プレゼンテーション"
    add_box(add_slide(presentation).shapes, "本文", 1, 1)
    assert load(presentation).title == "本文"


def test_a_lost_slide_is_damage(presentation: Presentation, tmp_path: Path) -> None:
    add_slide(presentation)
    presentation.slides._sldIdLst[0].rId = "rId999"
    buffer = io.BytesIO()
    presentation.save(buffer)
    path = tmp_path / "壊.pptx"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(DocumentError, match=r"壊れた PowerPoint ファイルです（.* / it is a damaged PowerPoint file"):
        load_document(path)

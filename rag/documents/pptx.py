"""PowerPoint presentations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.documents.canonical import clean_title, complete_headings
from rag.documents.drawing_text import A, read_lines
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.office_package import OfficePackage, R
from rag.documents.phrase import Phrase
from rag.documents.pptx_comments import list_authors, list_comments
from rag.documents.pptx_graphics import CHART, DIAGRAM, count_headers, list_table_rows, read_chart, read_diagram
from rag.documents.pptx_shapes import TITLES, P, Shape, list_shapes
from rag.documents.signature import POWERPOINT
from rag.documents.writer import TextWriter

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAME = Phrase("PowerPoint ファイル", "PowerPoint file")
GRAPHIC = f"{A}graphic/{A}graphicData"


@dataclass(frozen=True, slots=True)
class PptxLoader:
    """Reads the slides of a presentation: titles as headings, text boxes, tables, charts, diagrams, notes, comments.

    The title of the first slide and of title slides is of level 1, that of all others of level 2. Hidden slides are
    left out, because nobody who sees the presentation sees them.
    """

    suffixes: tuple[str, ...] = (".pptx", ".pptm")
    kind: Phrase = POWERPOINT.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a presentation.

        Raises:
            DocumentError: The presentation is damaged or would do harm.
        """
        package = OfficePackage(data, kind=NAME)
        root = package.read(package.main)
        layout = _SlideLayout(package, list_authors(package))
        hidden: list[str] = []
        slides = root.findall(f"{P}sldIdLst/{P}sldId")
        for number, item in enumerate(slides, start=1):
            part = package.find_target(package.main, item.get(R + "id"))
            if part is None:
                raise package.damage(f"slide {number}")
            slide = package.read(part)
            if slide.get("show") in {"0", "false"}:
                hidden.append(str(number))
            else:
                layout.write_slide(str(number), part, slide)
        left_out = list(package.count_left_out("chart"))
        if hidden:
            left_out.append(f"非表示のスライド: {', '.join(hidden)}")
        text = layout.writer.text
        return Content(
            text,
            layout.title or clean_title(package.read_title(), text),
            complete_headings(text, layout.writer.anchors),
            {"format": "pptx"},
            Losses(pages=len(slides) - len(hidden), pages_without_text=tuple(layout.empty), left_out=tuple(left_out)),
        )


@dataclass(slots=True)
class _SlideLayout:
    """Writes slides; `title` is that of the first slide, `empty` the slides without text."""

    package: OfficePackage
    authors: dict[str, str]
    writer: TextWriter = field(default_factory=TextWriter)
    title: str = ""
    empty: list[str] = field(default_factory=list)
    layouts: dict[str, list[Element]] = field(default_factory=dict)

    def write_slide(self, number: str, part: str, slide: Element) -> None:
        self.writer.separate()
        start = self.writer.next_start
        for shape in list_shapes(slide, self._list_layouts(part)):
            self._write_shape(shape, part, is_first=number == "1")
        self.writer.separate()
        self._write_notes(part)
        for author, text in list_comments(self.package, part, self.authors):
            self.writer.write_note("comment", text, mark=f"コメント {author}".strip(), label=author)
        if not self.writer.mark("slide", start, number):
            self.empty.append(number)

    def _write_shape(self, shape: Shape, part: str, *, is_first: bool) -> None:
        body = shape.element.find(P + "txBody")
        if body is not None:
            lines = list(read_lines(body))
            if shape.placeholder in TITLES:
                level = 1 if shape.placeholder == "ctrTitle" or is_first else 2
                title = " ".join(" ".join(lines).split())
                self.title = self.title or (title if is_first else "")
                self.writer.write_heading(title, level=level)
            else:
                self.writer.write("\n".join(lines))
        for graphic in shape.element.iterfind(GRAPHIC):
            self._write_graphic(graphic, part)

    def _write_graphic(self, graphic: Element, part: str) -> None:
        for table in graphic.iterchildren(A + "tbl"):
            self.writer.write_table(list_table_rows(table), headers=count_headers(table))
        for chart in graphic.iterchildren(CHART + "chart"):
            target = self.package.find_target(part, chart.get(R + "id"))
            if target is not None:
                title, rows = read_chart(self.package.read(target))
                self.writer.write(title)
                self.writer.write_table(rows, headers=1, label=title)
        for diagram in graphic.iterchildren(DIAGRAM + "relIds"):
            target = self.package.find_target(part, diagram.get(R + "dm"))
            if target is not None:
                self.writer.write("\n".join(read_diagram(self.package.read(target))))

    def _write_notes(self, part: str) -> None:
        notes = self.package.read_related(part, "notesSlide")
        for shape in list_shapes(notes, ()) if notes is not None else ():
            body = shape.element.find(P + "txBody")
            if body is not None:
                text = "\n".join(read_lines(body))
                self.writer.write(f"［ノート］{text}" if text else "")

    def _list_layouts(self, part: str) -> list[Element]:
        """Roots of the layout of a slide and of its master."""
        names = self.package.list_related(part, "slideLayout")[:1]
        if not names:
            return []
        if names[0] not in self.layouts:
            names += self.package.list_related(names[0], "slideMaster")[:1]
            self.layouts[names[0]] = [self.package.read(name) for name in names]
        return self.layouts[names[0]]

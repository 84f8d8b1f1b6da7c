"""HTML pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag.documents.canonical import clean_title, complete_headings, find_first_heading
from rag.documents.encoding import decode, find_declared_encoding
from rag.documents.html_layout import HEADINGS, HtmlLayout
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.signature import HTML
from rag.documents.writer import TextWriter
from rag.errors import DocumentError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

DROPPED_NAMES = "script style template noscript iframe title rp rtc nav textarea select optgroup option datalist button"
DROPPED = frozenset(DROPPED_NAMES.split())
"""Elements that show nothing, brackets around readings, menus and what a form holds."""
XML_DECLARATION = re.compile(r"<\?xml\b[^>]*>?", re.IGNORECASE)
"""The parser warns of pages with one, that they may be XML; XHTML has one by rights."""
UNKNOWN_SECTION = re.compile(r"<!\[(?!(?:cdata|if|else|endif)(?![\w.\-]))", re.IGNORECASE | re.ASCII)
"""Sections that the parser stops at; <![if is what Word writes, the others are slips, shown as text."""
BLOCK_CONTENT = ("table", "h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True, slots=True)
class HtmlLoader:
    """Reads what a page shows: one line per paragraph and table row, without scripts, styles and readings (ruby)."""

    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml")
    kind: Phrase = HTML.kind
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a page in the encoding it declares, or any used for Japanese.

        Raises:
            DocumentError: The bytes are binary, in no encoding that can be told, or beyond parsing.
        """
        decoded = decode(data, declared=find_declared_encoding(data))
        soup = parse_page(decoded.text)
        writer = TextWriter()
        _write(soup, writer)
        text, anchors = writer.text, complete_headings(writer.text, writer.anchors)
        title = clean_title(soup.title.get_text(" ", strip=True) if soup.title else None, text)
        title = title or find_first_heading(writer.anchors)
        return Content(text, title, anchors, {"format": "html", "encoding": decoded.encoding}, decoded.losses)


def write_fragment(markup: str, writer: TextWriter) -> None:
    """Write what a piece of HTML shows."""
    _write(parse_page(markup), writer)


def write_page(markup: str, writer: TextWriter, *, heading: str) -> None:
    """Write what a page shows, under a heading where it has none of its own.

    Where the page begins with the words of the heading, these become it.
    """
    soup = parse_page(markup)
    if heading and soup.find(list(HEADINGS)) is None:
        _place_heading(soup, heading, writer)
    _write(soup, writer)


def parse_page(markup: str) -> BeautifulSoup:
    """Parse a page.

    Raises:
        DocumentError: It is beyond parsing.
    """
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    markup = UNKNOWN_SECTION.sub("&lt;![", XML_DECLARATION.sub("", markup))
    try:
        # The parser takes text without any tag for a file name, and warns; the comment keeps it from that.
        return BeautifulSoup(markup + "<!---->", "html.parser")
    except ParserRejectedMarkup as error:
        raise DocumentError(
            f"HTML として解釈できません（{error}）。ブラウザーで表示できるページが必要です。ブラウザーで開いて保存し"
            "直すか、文章を .txt に写してください / "
            f"its HTML cannot be parsed ({error}); expected a page that a browser shows; open it in a browser and "
            "save it again, or copy its text into a .txt file"
        ) from error


def _write(soup: BeautifulSoup, writer: TextWriter) -> None:
    layout = HtmlLayout(writer, _find_layout_rows(soup))
    for event, item in _walk(soup):
        if event == "text":
            layout.add_text(str(item))
        elif event == "reading":
            layout.add_reading(str(item))
        elif event == "start":
            layout.start(item)  # type: ignore[arg-type]
        else:
            layout.end(item)  # type: ignore[arg-type]
    layout.finish()


def _walk(root: Tag) -> Iterator[tuple[Literal["start", "end", "text", "reading"], Tag | str]]:
    """Walk a tree without recursion: pages with unclosed elements are nested thousands deep."""
    from bs4.element import CData, NavigableString, Tag

    stack: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    while stack:
        tag, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                yield "end", tag
        elif isinstance(child, Tag) and child.name == "rt":
            yield "reading", _read_reading(child)
        elif isinstance(child, Tag):
            if not _is_dropped(child):
                yield "start", child
                stack.append((child, iter(child.contents)))
        elif type(child) in (NavigableString, CData):  # its subclasses are comments, declarations, scripts
            yield "text", str(child)


def _read_reading(tag: Tag) -> str:
    """Text of a reading, without the brackets that stand in it where elements are not closed."""
    inside = tag.find_all(string=True)
    return "".join(str(text) for text in inside if text.find_parent(["rt", "rp", "rb"]) is tag)


def _is_dropped(tag: Tag) -> bool:
    """Whether an element is not part of what the page says."""
    if tag.name == "button" and tag.parent is not None and tag.parent.name in HEADINGS:
        return False  # a heading that folds its section away
    # What is hidden "until-found" is text that readers are to find.
    hidden = str(tag.get("hidden", "until-found")).lower() != "until-found"
    return tag.name in DROPPED or hidden or str(tag.get("aria-hidden", "")).strip().lower() == "true"


def _place_heading(soup: BeautifulSoup, heading: str, writer: TextWriter) -> None:
    page = soup.body or soup
    first = next((text for text in page.find_all(string=True) if text.strip()), None)
    if first is None:
        return
    element = first.parent
    while element is not None and element is not page and _compact(element) in _compact(heading):
        if _compact(element) == _compact(heading):
            element.name = "h1"
            return
        element = element.parent
    writer.write_heading(heading, level=1)


def _compact(text: Tag | str) -> str:
    shown = text if isinstance(text, str) else "".join(str(item) for event, item in _walk(text) if event == "text")
    return "".join(shown.split())


def _find_layout_rows(soup: BeautifulSoup) -> frozenset[int]:
    """Identities of rows that arrange the page instead of holding data: they hold tables or headings."""
    rows: set[int] = set()
    seen: set[int] = set()
    for element in soup.find_all(BLOCK_CONTENT):
        parent = element.parent
        while parent is not None and id(parent) not in seen:
            seen.add(id(parent))
            if parent.name == "tr":
                rows.add(id(parent))
            parent = parent.parent
    return frozenset(rows)

"""EPUB books."""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag

from rag.documents.archive import describe_damage, open_archive
from rag.documents.canonical import clean_title, complete_headings
from rag.documents.encoding import decode, find_declared_encoding
from rag.documents.html import parse_page, write_page
from rag.documents.loader import Content
from rag.documents.losses import Losses, describe_media
from rag.documents.phrase import Phrase
from rag.documents.signature import EPUB
from rag.documents.writer import TextWriter
from rag.documents.zip_archive import READ_ERRORS
from rag.errors import DocumentError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PAGE_TYPES = frozenset({"application/xhtml+xml", "text/html"})
CONTENTS_TYPE = "application/x-dtbncx+xml"
FONT_SCRAMBLING = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})


@dataclass(frozen=True, slots=True)
class EpubLoader:
    """Reads the pages of a book in the order of its spine; chapters without a heading get that of the contents."""

    suffixes: tuple[str, ...] = (".epub",)
    kind: Phrase = EPUB.kind
    is_text: bool = False

    def load(self, data: bytes) -> Content:
        """Read the bytes of a book.

        Raises:
            DocumentError: The book is damaged, encrypted, or would unpack to too much.
        """
        with open_archive(data) as archive:
            book = _Book(archive)
            writer = TextWriter()
            for path in book.pages:
                _write_page(book, path, writer)
            text = writer.text
            title = clean_title(book.title, text)
            losses = Losses(left_out=describe_media(book.media))
        return Content(text, title, complete_headings(text, writer.anchors), {"format": "epub"}, losses)


class _Book:
    """What the package file of a book says: `pages` are paths in the order of the spine, `contents` their headings."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        package_path = self._find_package()
        package = self.parse(package_path)
        items = {
            str(item.get("id")): (_resolve(package_path, str(item.get("href") or "")), item)
            for item in package.iterfind(".//{*}manifest/{*}item")
        }
        order = [str(each.get("idref")) for each in package.iterfind(".//{*}itemref")]
        spine = [items[each] for each in order if each in items]
        self.pages = [path for path, item in spine if item.get("media-type") in PAGE_TYPES and path in self._names]
        self.title = next((each.text or "" for each in package.iterfind(".//{*}metadata/{*}title")), "")
        self.media = Counter(
            str(item.get("media-type")).split("/")[0] for path, item in items.values() if path in self._names
        )
        if self._scrambled & set(self.pages):
            raise DocumentError(
                "暗号化された（DRM 付きの）EPUB です。暗号化されていない本が必要です。DRM のない版を入手してください / "
                "it is an encrypted EPUB book (DRM); expected one that is not; get an edition without DRM"
            )
        self.contents = dict(self._iterate_contents(items))

    def parse(self, path: str) -> Element:
        """Parse an XML file of the book."""
        from defusedxml.ElementTree import ParseError, fromstring

        try:
            root: Element = fromstring(self.read(path), forbid_dtd=False)
        except (ParseError, ValueError) as error:
            raise DocumentError(describe_damage(f"{path}: {error}")) from error
        return root

    def read(self, path: str) -> bytes:
        """Read a file of the book."""
        try:
            return self._archive.read(path)
        except (KeyError, *READ_ERRORS) as error:
            raise DocumentError(describe_damage(f"{path}: {error}")) from error

    @property
    def _scrambled(self) -> set[str]:
        if "META-INF/encryption.xml" not in self._names:
            return set()
        return {
            unquote(str(reference.get("URI")))
            for entry in self.parse("META-INF/encryption.xml").iterfind(".//{*}EncryptedData")
            if not any(method.get("Algorithm") in FONT_SCRAMBLING for method in entry.iterfind("{*}EncryptionMethod"))
            for reference in entry.iterfind(".//{*}CipherReference")
        }

    def _find_package(self) -> str:
        container = self.parse("META-INF/container.xml")
        path = next((str(root.get("full-path")) for root in container.iterfind(".//{*}rootfile")), "")
        if path not in self._names:
            raise DocumentError(describe_damage(f"no package file {path!r}"))
        return path

    def _iterate_contents(self, items: Mapping[str, tuple[str, Element]]) -> Iterator[tuple[str, str]]:
        """Path of a page, and what the contents call it: of several places in one page, the first."""
        seen: set[str] = set()
        for path, item in items.values():
            if path not in self._names:
                continue
            if item.get("media-type") == CONTENTS_TYPE:
                entries = _read_ncx(self.parse(path))
            elif "nav" in str(item.get("properties") or "").split():
                entries = _read_nav(decode(self.read(path)).text)
            else:
                continue
            for target, label in entries:
                page = _resolve(path, target)
                if page not in seen and label:
                    seen.add(page)
                    yield page, label


def _write_page(book: _Book, path: str, writer: TextWriter) -> None:
    data = book.read(path)
    writer.separate()
    write_page(decode(data, declared=find_declared_encoding(data)).text, writer, heading=book.contents.get(path, ""))


def _resolve(base: str, target: str) -> str:
    """Path in the archive of what a file refers to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(urldefrag(target).url)))


def _read_ncx(root: Element) -> Iterator[tuple[str, str]]:
    for point in root.iterfind(".//{*}navPoint"):
        content, label = point.find("{*}content"), point.find("{*}navLabel/{*}text")
        if content is not None and label is not None:
            yield str(content.get("src") or ""), " ".join("".join(label.itertext()).split())


def _read_nav(markup: str) -> Iterator[tuple[str, str]]:
    soup = parse_page(markup)
    for reading in soup.find_all(["rt", "rp"]):
        reading.decompose()
    for nav in soup.find_all("nav"):
        if "toc" in str(nav.get("epub:type") or "toc"):
            for link in nav.find_all("a", href=True):
                yield str(link["href"]), " ".join(link.get_text().split())

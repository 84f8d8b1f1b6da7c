"""Office documents as they lie on disk: XML files in an archive, and what relates them to each other."""

from __future__ import annotations

import io
import posixpath
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from rag.documents.archive import ARCHIVE_ERRORS, open_archive
from rag.errors import DocumentError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from rag.documents.phrase import Phrase

RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
"""Namespaces of documents saved as "strict"; the elements are those of the others."""
FURNITURE = re.compile(r"/(?:slideMasters|slideLayouts|notesMasters|handoutMasters|theme|notesSlides|charts)/")
"""Parts whose pictures belong to the design of a presentation, or whose files hold what a chart shows."""
LEFT_OUT = (
    ("image", "画像"),
    ("chart", "グラフ"),
    ("chartsheet", "グラフ"),
    ("media", "音声・動画"),
    ("oleObject", "埋め込みファイル"),
    ("package", "埋め込みファイル"),
    ("vbaProject", "マクロ"),
)
"""Kinds of relationships to what has no text, and what it is called."""

TRUE = frozenset({"1", "true"})
LONGEST_NUMBER = 9
"""Digits of the longest attribute that is a number; Office writes none above 2^31."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """What one part says of another: `kind` is the last word of the type, `target` the name of the other part."""

    kind: str
    target: str


class OfficePackage:
    """The parts of an Office document, read as they are asked for.

    No DTD is accepted, so that no entity can expand or point elsewhere, and nothing outside the archive is read.

    Args:
        data: The bytes of the file.
        kind: What the document is called in messages, without article.

    Raises:
        DocumentError: The archive is damaged or would do harm, or it has no main part.
    """

    def __init__(self, data: bytes, *, kind: Phrase) -> None:
        self._archive = open_archive(data)
        self._kind = kind
        self._names = {name.lower(): name for name in self._archive.namelist()}
        self._related: dict[str, dict[str, Relationship]] = {}
        main = [item.target for item in self._list_relationships("").values() if item.kind == "officeDocument"]
        if not main:
            raise self.damage("_rels/.rels")
        self.main: str = main[0]

    def damage(self, reason: str) -> DocumentError:
        """Build the error that the document is damaged."""
        return DocumentError(
            f"壊れた {self._kind.ja}です（{reason}）。完全なファイルが必要です。入手し直すか、Office の「開いて修復」で"
            "直して保存してください / "
            f"it is a damaged {self._kind.en} ({reason}); expected a whole one; get the file again, or let Office "
            "repair it (File > Open > Open and Repair) and save it"
        )

    def list_related(self, part: str, *kinds: str) -> list[str]:
        """List the names of the parts that a part refers to, by the kinds of the relationships."""
        return [item.target for item in self._list_relationships(part).values() if item.kind in kinds]

    def find_target(self, part: str, identifier: str | None) -> str | None:
        """Return the name of the part that a part calls by an identifier."""
        item = self._list_relationships(part).get(identifier or "")
        return None if item is None else item.target

    def read(self, part: str) -> Element:
        """Parse a part.

        Raises:
            DocumentError: It is missing or damaged.
        """
        from lxml import etree

        data = self._read_bytes(part)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            root: Element = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise self.damage(f"{part}: {error}") from error
        self._refuse_entities(part, root)
        return root

    def read_related(self, part: str, *kinds: str) -> Element | None:
        """Parse the first part that a part refers to in this way; None where there is none."""
        targets = self.list_related(part, *kinds)
        return self.read(targets[0]) if targets else None

    def stream(self, part: str, *tags: str) -> Iterator[Element]:
        """Parse a part element by element of these names, of which only the current one is kept.

        Raises:
            DocumentError: It is missing or damaged.
        """
        from lxml import etree

        source = io.BytesIO(self._read_bytes(part))
        elements = etree.iterparse(
            source, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
        )
        try:
            for _, element in elements:
                self._refuse_entities(part, element)
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError as error:
            raise self.damage(f"{part}: {error}") from error

    def read_title(self) -> str:
        """Return the title in the properties; "" where there is none, or where they are damaged."""
        try:
            properties = self.read_related("", "core-properties")
        except DocumentError:
            return ""
        return "" if properties is None else properties.findtext(f"{DUBLIN_CORE}title") or ""

    def count_left_out(self, *read: str) -> tuple[str, ...]:
        """Say what the document holds beside its text: pictures, charts, macros; not the kinds that were `read`."""
        found: dict[str, set[str]] = {}
        for name in self._names.values():
            folder, _, file = name.rpartition("/_rels/")
            part = f"{folder}/{file.removesuffix('.rels')}"
            if not file.endswith(".rels") or FURNITURE.search(f"/{part}"):
                continue
            for item in self._list_relationships(part).values():
                called = dict(LEFT_OUT).get(item.kind)
                if called is not None and item.kind not in read:
                    found.setdefault(called, set()).add(item.target)
        return tuple(called if called == "マクロ" else f"{called} {len(targets)}" for called, targets in found.items())

    def _list_relationships(self, part: str) -> dict[str, Relationship]:
        """Relationships of a part to others in the archive by identifier; "" is the package itself."""
        if part not in self._related:
            folder, name = posixpath.split(part)
            file = posixpath.join(folder, "_rels", f"{name}.rels")
            found: dict[str, Relationship] = {}
            for item in self.read(file).iter(f"{RELATIONSHIPS}Relationship") if file.lower() in self._names else ():
                if item.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/", folder, unquote(item.get("Target", ""))))
                    kind = item.get("Type", "").rpartition("/")[2]
                    found[item.get("Id", "")] = Relationship(kind, target.lstrip("/"))
            self._related[part] = found
        return self._related[part]

    def _read_bytes(self, part: str) -> bytes:
        try:
            data = self._archive.read(self._names[part.lower()])
        except (*ARCHIVE_ERRORS, zlib.error, KeyError, RuntimeError) as error:
            raise self.damage(f"{part}: {error}") from error
        return STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", data)

    def _refuse_entities(self, part: str, element: Element) -> None:
        if element.getroottree().docinfo.doctype:
            raise DocumentError(
                f"{part} に文書型宣言（DTD）があり、安全に読めません。Office が書いた文書にはありません。Office で"
                "開いて保存し直してください / "
                f"{part} has a document type declaration (DTD), which is not safe to read; expected none, as Office "
                "writes none; open it in Office and save it again"
            )


def read_number(value: str | None) -> int | None:
    """Read an attribute that should be a whole number from 0; None where it is missing, none, or out of all measure."""
    return int(value) if value and value.isdecimal() and len(value) <= LONGEST_NUMBER else None

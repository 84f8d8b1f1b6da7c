"""Comments on the slides of a presentation, as PowerPoint wrote them before 2021 and since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.documents.drawing_text import read_lines

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from rag.documents.office_package import OfficePackage

COMMENTS = frozenset({"cm", "reply"})


def list_authors(package: OfficePackage) -> dict[str, str]:
    """Return the names of those who comment, by their ids."""
    parts = package.list_related(package.main, "commentAuthors", "authors")
    return {item.get("id", ""): item.get("name", "") for part in parts for item in package.read(part)}


def list_comments(package: OfficePackage, part: str, authors: dict[str, str]) -> Iterator[tuple[str, str]]:
    """List author and text of the comments on a slide, replies after what they answer."""
    for name in package.list_related(part, "comments"):
        for element in package.read(name).iter():
            if _find_name(element) in COMMENTS:
                text = "\n".join(_iterate_lines(element))
                yield authors.get(element.get("authorId", ""), ""), text


def _iterate_lines(comment: Element) -> Iterator[str]:
    for child in comment:
        match _find_name(child):
            case "text":
                yield child.text or ""
            case "txBody":
                yield from read_lines(child)


def _find_name(element: Element) -> str:
    name: str = element.tag.rpartition("}")[2]
    return name

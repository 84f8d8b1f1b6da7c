"""Comments on the cells of an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.office_package import read_number
from rag.documents.ruby import read_ruby
from rag.documents.xlsx_sheet import Place, read_place
from rag.documents.xlsx_workbook import S, read_string

if TYPE_CHECKING:
    from rag.documents.office_package import OfficePackage

THREADED = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where it is, who wrote it, and what."""

    reference: str
    place: Place
    author: str
    text: str


def list_comments(package: OfficePackage, part: str) -> list[Comment]:
    """List the comments of a sheet; of a thread each, and not the copy of it for old versions of Excel.

    Raises:
        DocumentError: They are damaged.
    """
    threads = list(_iterate_threads(package, part))
    threaded = {comment.place for comment in threads}
    return threads + [comment for comment in _iterate_notes(package, part) if comment.place not in threaded]


def _iterate_threads(package: OfficePackage, part: str) -> Iterator[Comment]:
    persons = [package.read(name) for name in package.list_related(package.main, "person")]
    names = {
        person.get("id", ""): person.get("displayName", "")
        for root in persons
        for person in root.iterfind(f"{THREADED}person")
    }
    for root in map(package.read, package.list_related(part, "threadedComment")):
        for item in root.iterfind(f"{THREADED}threadedComment"):
            reference, author = item.get("ref", ""), names.get(item.get("personId", ""), "")
            place, text = read_place(reference), item.findtext(f"{THREADED}text") or ""
            if place is not None and text.strip():
                yield Comment(reference, place, author, text.strip())


def _iterate_notes(package: OfficePackage, part: str) -> Iterator[Comment]:
    for root in map(package.read, package.list_related(part, "comments")):
        authors = [author.text or "" for author in root.iterfind(f"{S}authors/{S}author")]
        for item in root.iterfind(f"{S}commentList/{S}comment"):
            reference, index, body = item.get("ref", ""), read_number(item.get("authorId")), item.find(S + "text")
            author = authors[index] if index is not None and index < len(authors) else ""
            place = read_place(reference)
            # Excel begins a comment with the name of its author and a colon.
            text = "" if body is None else read_ruby(read_string(body))[0].strip().removeprefix(f"{author}:").strip()
            if place is not None and text:
                yield Comment(reference, place, author, text)

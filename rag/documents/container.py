"""Files that hold several documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from rag.documents.loader import Content
from rag.documents.phrase import Phrase

INSIDE = "!/"
"""Stands in a source between the path of a file and the name of a member in it: /資料/規程集.zip!/就業規則.docx."""


@dataclass(frozen=True, slots=True)
class Member:
    """One document, or one file, in a container.

    `name` is its name there, with its ending, and "" where the document is that of the file itself: the words of a
    mail. `read` gives the bytes of a file, which its name says how to load, or what the container has found in it
    itself, where `is_file` is false. It raises DocumentError as `Loader.load` does.
    """

    name: str
    read: Callable[[], bytes | Content]
    is_file: bool = True


class Container(Protocol):
    """Reads one format whose files hold several documents.

    `suffixes` are the endings of its files, in lower case, the usual one first; `kind` says in words what they are.
    """

    @property
    def suffixes(self) -> tuple[str, ...]: ...  # noqa: D102 - described above

    @property
    def kind(self) -> Phrase: ...  # noqa: D102

    def list_members(self, file: BinaryIO, name: str) -> Iterator[Member]:
        """Yield the members of a file one after the other; each is to be read before the next.

        Args:
            file: The file, which can be sought in; it is not read into memory as a whole where its format allows.
            name: Its name.

        Raises:
            DocumentError: The file is not what the format asks for, as in `Loader.load`.
        """
        ...

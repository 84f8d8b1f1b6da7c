"""The documents in a container, and in the containers in it."""

from __future__ import annotations

import io
import logging
import mimetypes
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from rag.documents.archive import LARGEST_TOTAL
from rag.documents.container import INSIDE, Container, Member
from rag.documents.document import Document, build_document
from rag.documents.file_bytes import EMPTY
from rag.documents.formats import check_format, find_container, find_loader, is_supported, supported_suffixes
from rag.documents.loader import Content
from rag.documents.losses import MEDIA, NAMELESS, LossEntry, Losses, describe_media, translate_left_out
from rag.errors import DocumentError

logger = logging.getLogger(__name__)

DEEPEST = 3
"""How many containers may lie in one another."""
HIDDEN = (".", "~$", "__MACOSX")
"""Beginnings of names, and of folders, that are no documents of people."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a member of one, that gave no document; the error begins with the source."""

    source: str
    error: str


class Unpacking:
    """Goes through one file with all that lies in it; how much it unpacks altogether is limited."""

    def __init__(self) -> None:
        self._unpacked = 0

    def unpack(
        self, container: Container, file: BinaryIO, *, name: str, source: str, depth: int = 1
    ) -> Iterator[Document | Unread | LossEntry]:
        """Yield what is in a container, as `rag.documents.loading.load_documents` does."""
        names: Counter[str] = Counter()
        others: Counter[str] = Counter()
        try:
            for member in container.list_members(file, name):
                if member.is_file and _is_hidden(member.name):
                    continue
                if member.is_file and not is_supported(member.name):
                    others[_name_kind(member.name)] += 1
                    continue
                names[member.name] += 1
                # Two mails may have each an attachment of the same name, and an archive two files.
                again = f" ({names[member.name]})" if names[member.name] > 1 else ""
                inner = f"{source}{INSIDE}{member.name}{again}" if member.name else source
                yield from self._load(member, inner, name, depth)
            if others:
                yield LossEntry(source, name, Losses(left_out=_describe(others)))
            if not names:
                raise DocumentError(_describe_nothing(others))
        except DocumentError as error:
            yield Unread(source, f"{source}: {error}")

    def _load(
        self, member: Member, source: str, container_name: str, depth: int
    ) -> Iterator[Document | Unread | LossEntry]:
        try:
            content = self._read(member)
            nested = find_container(member.name) if isinstance(content, bytes) else None
            if nested is not None and isinstance(content, bytes):
                if depth == DEEPEST:
                    raise DocumentError(
                        f"書庫が {DEEPEST} 段より深く入れ子になっています。取り出して指定してください / "
                        f"it lies more than {DEEPEST} containers deep; take it out and add it"
                    )
                file = io.BytesIO(content)
                yield from self.unpack(nested, file, name=member.name, source=source, depth=depth + 1)
                return
            if isinstance(content, bytes):
                content = _load_file(member.name, content)
            stem = PurePosixPath(container_name).stem
            inner = PurePosixPath(member.name).stem if member.is_file else f"{stem} {member.name}".strip()
            yield build_document(content, source=source, stem=inner)
        except DocumentError as error:
            yield Unread(source, f"{source}: {error}")
        except MemoryError:
            raise  # for whoever set the limit
        except Exception as error:
            logger.exception("%s was not read", source)
            yield Unread(source, f"{source}: {type(error).__name__}: {error}")

    def _read(self, member: Member) -> bytes | Content:
        if self._unpacked > LARGEST_TOTAL:
            raise DocumentError(
                f"展開した中身が合わせて {LARGEST_TOTAL // 2**20:,} MiB を超えました。分けて指定してください / "
                f"what it unpacks to is more than {LARGEST_TOTAL // 2**20:,} MiB; add it in parts"
            )
        content = member.read()
        self._unpacked += len(content) if isinstance(content, bytes) else 0
        return content


def _load_file(name: str, data: bytes) -> Content:
    loader = find_loader(name)
    if loader is None or not data:
        raise DocumentError(EMPTY)
    check_format(name, loader, data)
    return loader.load(data)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(HIDDEN) and part not in {".", ".."} for part in PurePosixPath(name).parts)


def _name_kind(name: str) -> str:
    kind = str(mimetypes.guess_type(name)[0]).split("/")[0]
    return kind if kind in MEDIA else PurePosixPath(name).suffix.lower() or NAMELESS


def _describe(others: Counter[str]) -> tuple[str, ...]:
    return (*describe_media(others), *(f"{kind} {count:,}" for kind, count in others.items() if kind not in MEDIA))


def _describe_nothing(others: Counter[str]) -> str:
    found, suffixes = _describe(others), " ".join(supported_suffixes())
    japanese, english = "、".join(found) or "なし", ", ".join(translate_left_out(found)) or "nothing"
    return (
        f"読める文書が入っていません（見つかったもの: {japanese}）。{suffixes} のファイルが必要です。"
        "中身を確かめてください / "
        f"no document to read in it (found: {english}); expected files ending in one of {suffixes}; look at what it "
        "holds"
    )

"""ZIP archives of documents."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from rag.documents.archive import ENCRYPTED, describe_damage, open_archive
from rag.documents.container import Member
from rag.documents.phrase import Phrase
from rag.documents.signature import ZIP
from rag.errors import DocumentError

UTF8_NAME = 0x800
"""Flag of members whose names are UTF-8; `zipfile` reads the others as cp437."""
READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What `zipfile` raises for a member that is damaged; NotImplementedError, for a packing it cannot, is among them."""


@dataclass(frozen=True, slots=True)
class ZipContainer:
    """Reads the members of an archive one by one; nothing is ever written to a disk, whatever their names say."""

    suffixes: tuple[str, ...] = (".zip",)
    kind: Phrase = ZIP.kind

    def list_members(self, file: BinaryIO, name: str) -> Iterator[Member]:  # noqa: ARG002 - one format only
        """Yield the files in an archive, in its order; encrypted and damaged ones cannot be read, the others can.

        Raises:
            DocumentError: The archive is damaged, or unpacks to more than the limits of `rag.documents.archive`.
        """
        with open_archive(file, every_member=False) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield Member(read_name(entry), partial(_read, archive, entry))


def read_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a member; Windows writes names in cp932 and does not say so."""
    # The name before `zipfile` put "/" for "\\": that is also the second byte of 表 in cp932.
    name = entry.orig_filename
    if entry.flag_bits & UTF8_NAME:
        return name
    data = name.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & ENCRYPTED:
        raise DocumentError(
            "パスワードで保護されています。パスワードなしで読めるものが必要です。展開して、そのファイルを指定して"
            "ください / "
            "it is encrypted with a password; expected one that can be read without; unpack the archive and add the "
            "file"
        )
    try:
        return archive.read(entry)
    except READ_ERRORS as error:
        raise DocumentError(describe_damage(str(error))) from error

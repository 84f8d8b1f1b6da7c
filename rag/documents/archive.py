"""ZIP archives, as they come from strangers."""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

from rag.errors import DocumentError

MOST_MEMBERS = 20_000
"""Files in one archive; the largest books and presentations have some thousands."""
LARGEST_MEMBER = 256 * 2**20
"""Bytes of one unpacked file; a sheet of a million rows takes about half."""
LARGEST_TOTAL = 2**30
"""Bytes of all files together, unpacked."""
HIGHEST_RATIO = 200
"""Unpacked to packed bytes of the whole archive; text and tables stay below 50, zeros come to 1000."""
HARMLESS_TOTAL = 32 * 2**20
"""Bytes, unpacked, that do no harm whatever their ratio."""
ENCRYPTED = 0x1
COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ARCHIVE_ERRORS = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError)
"""What `zipfile` raises for an archive that is damaged."""


def open_archive(data: bytes | BinaryIO, *, every_member: bool = True) -> zipfile.ZipFile:
    """Open a ZIP archive after a look at what it would unpack to.

    `zipfile` never unpacks more of a member than its directory says, so that these sizes can be relied on.

    Args:
        data: The archive, or a file it can be read from.
        every_member: Whether an archive is refused where one of its members is encrypted or packed in an unusual way.

    Raises:
        DocumentError: The archive is damaged, encrypted, packed in an unusual way, or unpacks to more than the limits
            of this module.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data) if isinstance(data, bytes) else data)
    except ARCHIVE_ERRORS as error:
        raise DocumentError(describe_damage(str(error))) from error
    members = archive.infolist()
    if every_member:
        _check_members(members)
    _check_size(members, len(data) if isinstance(data, bytes) else data.seek(0, io.SEEK_END))
    return archive


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise DocumentError(
            "パスワードで保護された書庫です。パスワードなしで開けるものが必要です。展開して、パスワードなしで作り直して"
            "ください / "
            "it is an archive encrypted with a password; expected one that opens without; unpack it and make one "
            "without password"
        )
    unusual = next((member for member in members if member.compress_type not in COMPRESSIONS), None)
    if unusual is not None:
        raise DocumentError(
            f"書庫の圧縮方式 {unusual.compress_type} には対応していません（{unusual.filename}）。普通の方式（Deflate）"
            "が必要です。展開して作り直してください / "
            f"its compression {unusual.compress_type} is not supported ({unusual.filename}); expected Deflate; unpack "
            "it and make a new archive"
        )


def describe_damage(reason: str) -> str:
    """Say that an archive is damaged, in both languages."""
    return (
        f"壊れた書庫です（{reason}）。完全なファイルが必要です。入手し直してください / "
        f"it is a damaged archive ({reason}); expected a whole one; get the file again"
    )


def _check_size(members: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(member.file_size for member in members)
    largest = max((member.file_size for member in members), default=0)
    if len(members) > MOST_MEMBERS:
        found = f"{len(members):,}", f"{MOST_MEMBERS:,}"
        ja, en = "ファイルが {} 個入っています。{} 個まで", "it holds {} files; expected at most {}"
    elif total > LARGEST_TOTAL or largest > LARGEST_MEMBER:
        limit, size = (LARGEST_TOTAL, total) if total > LARGEST_TOTAL else (LARGEST_MEMBER, largest)
        found = f"{size / 2**20:,.0f} MiB", f"{limit // 2**20:,} MiB"
        ja, en = "展開すると {} になります。{} まで", "it unpacks to {}; expected at most {}"
    elif total > HARMLESS_TOTAL and total > HIGHEST_RATIO * packed:
        found = f"{total / packed:,.0f}", str(HIGHEST_RATIO)
        ja, en = "展開すると {} 倍に膨らみます。{} 倍まで", "it unpacks to {} times its size; expected at most {}"
    else:
        return
    raise DocumentError(
        f"書庫の{ja.format(*found)}が読めます。信頼できるものなら、分けて保存し直してください / "
        f"{en.format(*found)}; if you trust it, save it in parts"
    )

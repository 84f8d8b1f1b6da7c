"""Archives that would do harm, and those that would not."""

from __future__ import annotations

import io
import zipfile

import pytest

from rag.documents import archive
from rag.documents.archive import open_archive
from rag.errors import DocumentError


def pack(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def test_members_can_be_read() -> None:
    with open_archive(pack({"a.xml": b"<a/>", "b/c.txt": b"x" * 100_000})) as opened:
        assert opened.namelist() == ["a.xml", "b/c.txt"]
        assert opened.read("b/c.txt") == b"x" * 100_000


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(DocumentError, match=r"倍に膨らみます。200 倍まで.* / it unpacks to [\d,]+ times its size"):
        open_archive(pack({"zeros": bytes(40 * 2**20)}))


def test_a_small_ratio_of_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 2 * 2**20)
    monkeypatch.setattr(archive, "LARGEST_TOTAL", 4 * 2**20)
    member = bytes(2 * 2**20)
    assert open_archive(pack({"a": member, "b": member})).namelist() == ["a", "b"]
    with pytest.raises(DocumentError, match="it unpacks to 3 MiB; expected at most 2 MiB"):
        open_archive(pack({"a": member + bytes(2**20)}))
    with pytest.raises(DocumentError, match="展開すると 6 MiB になります。4 MiB までが読めます"):
        open_archive(pack({"a": member, "b": member, "c": member}))


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    with pytest.raises(DocumentError, match="it holds 4 files; expected at most 3"):
        open_archive(pack(dict.fromkeys("abcd", b"")))


def test_a_size_that_lies_gives_no_more_than_it_says() -> None:
    data = bytearray(pack({"a": bytes(100_000)}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    with open_archive(bytes(data)) as opened, pytest.raises(zipfile.BadZipFile, match="CRC"):
        opened.read("a")


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"", pack({"a": b"x" * 999})[:-30]])
def test_a_damaged_archive_is_named(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"壊れた書庫です（.* / it is a damaged archive .*; expected a whole one"):
        open_archive(data)


def test_an_encrypted_archive_is_named() -> None:
    data = bytearray(pack({"a": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(
        DocumentError, match=r"パスワードで保護された書庫です.* / it is an archive encrypted with a pass"
    ):
        open_archive(bytes(data))


def test_an_unusual_compression_is_named() -> None:
    with pytest.raises(DocumentError, match=r"圧縮方式 12 には対応していません（a）.* / its compression 12 is not"):
        open_archive(pack({"a": b"x"}, compression=zipfile.ZIP_BZIP2))

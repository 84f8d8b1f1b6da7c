"""Files that are not quite what they should be."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable, Sequence

from tests.documents.written_files import build_zip

ENCODINGS = ("utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-be", "utf-32", "utf-7", "latin-1")
MARKS = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b$B", b"<", b">", b"&", b"&#0;", b"&#xD800;",
    b"<!DOCTYPE a [",
    b"]]>", b"<![CDATA[", b"<!--", b'"', b"'", b"{", b"[", b"]", b"}", b",", b"\t", b"\r", b"\n\n", b"|", b"```", b"\\",
    b"1e999", b"-1", b"99999999999", b"A1048577", b"ZZZZ1", b"nan", b"%", b"%PDF-1.7", b"endobj", b"stream",
    b"PK\x03\x04",
    "｜《》".encode(), "［＃".encode(), "\u202e\u0301\ufeff".encode(),
)  # fmt: skip

Mutation = Callable[[bytes, bytes, random.Random], bytes]
"""Changes a file; a second one is there to take pieces from."""


def flip_bits(data: bytes, other: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4, 16, 64)) if data else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncate(data: bytes, other: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] if chance.random() < 0.8 else data[place:]


def remove_block(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = choose_block(data, chance)
    return data[:start] + data[end:]


def repeat_block(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = choose_block(data, chance)
    count = chance.choice((1, 2, 50, 3000))
    return data[:end] + data[start:end] * min(count, 3_000_000 // (end - start + 1)) + data[end:]


def splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = choose_block(other, chance)
    place = chance.randrange(len(data) + 1)
    return data[:place] + other[start:end] + data[place if chance.random() < 0.5 else len(data) :]


def insert_marks(data: bytes, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 3, 10))):
        place = chance.randrange(len(data) + 1)
        data = data[:place] + chance.choice(MARKS) * chance.choice((1, 1, 2, 1000)) + data[place:]
    return data


def change_number(data: bytes, other: bytes, chance: random.Random) -> bytes:
    digits = [place for place, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return data
    place = chance.choice(digits)
    number = chance.choice((b"0", b"-1", b"65536", b"2147483648", b"9" * 30, b"1.5", b"x"))
    return data[:place] + number + data[place + 1 :]


def mix_encodings(data: bytes, other: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    place = chance.randrange(len(text) + 1)
    first, second = chance.choice(ENCODINGS), chance.choice(ENCODINGS)
    return text[:place].encode(first, "replace") + text[place:].encode(second, "replace")


BYTES: tuple[Mutation, ...] = (
    flip_bits, truncate, remove_block, repeat_block, splice, insert_marks, change_number, mix_encodings,
)  # fmt: skip


def mutate_members(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Change files in an archive and pack it again, so that the archive is whole."""
    members = unpack(data)
    if not members:
        return flip_bits(data, other, chance)
    foreign = list(unpack(other).values()) or [other]
    for _ in range(chance.choice((1, 1, 2, 5))):
        name = chance.choice(list(members))
        action = chance.random()
        if action < 0.08:
            del members[name]
        elif action < 0.14:
            members[chance.choice(list(members))] = members[name]
        else:
            members[name] = chance.choice(BYTES)(members[name], chance.choice(foreign), chance)
        if not members:
            break
    return build_zip(members)


def unpack(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return {}


def choose_block(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(10 ** chance.uniform(0, 4)))


def mutate(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Change a file in one way or a few."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        is_packed = data.startswith(b"PK") and chance.random() < 0.75
        mutation = mutate_members if is_packed else chance.choice(BYTES)
        data = mutation(data, chance.choice(others), chance)
    return data

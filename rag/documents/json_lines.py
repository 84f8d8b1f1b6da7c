"""Lines of JSON with one document each: {"title": …, "text": …, "id": …}."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from rag.documents.archive import LARGEST_MEMBER
from rag.documents.canonical import find_heading_anchors, to_canonical
from rag.documents.container import Member
from rag.documents.damaged_text import decode_damaged
from rag.documents.decoded_text import DecodedText
from rag.documents.encoding import decode
from rag.documents.file_bytes import EMPTY
from rag.documents.json_text import JSON_LINES, JsonLinesLoader, parse_json
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.errors import DocumentError

SAMPLE = 2**20
"""Bytes at the beginning that tell the encoding, and whether the lines are documents."""
PACKED_ERRORS = (lzma.LZMAError, gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class JsonLinesContainer:
    """Reads every line with a `text` as a document, called by its `id` or the number of the line.

    Lines are read one by one, so that a file of any size needs the memory of its longest line. A file without such
    lines is one document.
    """

    suffixes: tuple[str, ...] = (".jsonl", ".jsonl.xz", ".jsonl.gz")
    kind: Phrase = JSON_LINES

    def list_members(self, file: BinaryIO, name: str) -> Iterator[Member]:
        """Yield the documents of a file; a line that is none is a member that cannot be read.

        Raises:
            DocumentError: The file is empty, its packing is damaged, or a line is too long.
        """
        try:
            with _unpack(file, name) as lines:
                sample = lines.read(SAMPLE) + lines.readline(LARGEST_MEMBER)
                if not sample:
                    raise DocumentError(EMPTY)
                lines.seek(0)
                encoding = decode(sample)
                if not _holds_documents(encoding.text):
                    data = lines.read(LARGEST_MEMBER + 1)
                    _check_length(data)
                    yield Member("", lambda: JsonLinesLoader().load(data), is_file=False)
                    return
                for number, line in _iterate_lines(lines, encoding):
                    yield _build_member(number, line)
        except PACKED_ERRORS as error:
            raise DocumentError(
                f"壊れた圧縮ファイルです（{error}）。完全なファイルが必要です。入手し直してください / "
                f"its compression is damaged ({error}); expected a whole file; get it again"
            ) from error


def _unpack(file: BinaryIO, name: str) -> BinaryIO:
    if name.lower().endswith(".xz"):
        return cast("BinaryIO", lzma.open(file))
    return cast("BinaryIO", gzip.open(file)) if name.lower().endswith(".gz") else file


def _holds_documents(sample: str) -> bool:
    """Whether one of the first lines is a document."""
    for line in sample.split("\n"):
        try:
            if line.strip() and _is_document(parse_json(line)):
                return True
        except DocumentError:
            continue
    return False


def _is_document(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def _iterate_lines(file: BinaryIO, encoding: DecodedText) -> Iterator[tuple[int, DecodedText | DocumentError]]:
    """Number and text of every line that is not blank."""
    if encoding.encoding.startswith(("utf-16", "utf-32")):
        # Their line ends are not one byte.
        wide = io.TextIOWrapper(file, encoding.encoding, "replace", newline="\n")
        for number, text in enumerate(iter(lambda: wide.readline(LARGEST_MEMBER), ""), 1):
            if text.strip("\ufeff \t\r\n"):
                yield number, DecodedText(text, encoding.encoding, encoding.confidence, text.count("\ufffd"))
        wide.detach()
        return
    for number, line in enumerate(iter(lambda: file.readline(LARGEST_MEMBER + 1), b""), 1):
        _check_length(line)
        if line.strip():
            yield number, _decode_line(line, encoding)


def _decode_line(line: bytes, encoding: DecodedText) -> DecodedText | DocumentError:
    try:
        return DecodedText(line.decode(encoding.encoding), encoding.encoding, encoding.confidence)
    except UnicodeDecodeError:
        pass
    try:
        return decode_damaged(line, encoding.encoding) or decode(line)
    except DocumentError as error:
        return error


def _check_length(line: bytes) -> None:
    if len(line) > LARGEST_MEMBER:
        raise DocumentError(
            f"一行が {LARGEST_MEMBER // 2**20} MiB を超えています。文書ごとに行を分けてください / "
            f"a line is longer than {LARGEST_MEMBER // 2**20} MiB; expected one document a line; split it"
        )


def _build_member(number: int, line: DecodedText | DocumentError) -> Member:
    try:
        if isinstance(line, DocumentError):
            raise line
        value = parse_json(line.text, first_line=number)
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise DocumentError(
                f'{number} 行目に文章（text）がありません。{{"title": …, "text": …}} が必要です。その行を直して'
                f'ください / line {number} has no text; expected {{"title": …, "text": …}}; mend that line'
            )
    except DocumentError as error:
        return Member(str(number), partial(_refuse, error), is_file=False)
    return Member(str(value.get("id") or number), partial(_build_content, value, line), is_file=False)


def _refuse(error: DocumentError) -> Content:
    raise error


def _build_content(value: Mapping[str, object], line: DecodedText) -> Content:
    text = to_canonical(str(value["text"]))
    title = " ".join(str(value.get("title") or "").split())
    metadata = {"format": "jsonl", "encoding": line.encoding}
    return Content(text, title, tuple(find_heading_anchors(text)), metadata, line.losses)

"""Mails, as programs save them (.eml): what they say, and what is attached to them."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message
from functools import partial
from typing import BinaryIO

from rag.documents.archive import LARGEST_MEMBER
from rag.documents.canonical import complete_headings
from rag.documents.container import Member
from rag.documents.decoded_text import DecodedText
from rag.documents.encoding import decode, find_declared_encoding
from rag.documents.file_bytes import EMPTY
from rag.documents.html import write_fragment
from rag.documents.loader import Content
from rag.documents.losses import Losses
from rag.documents.mail_headers import read_date, read_header
from rag.documents.phrase import Phrase
from rag.documents.writer import TextWriter
from rag.errors import DocumentError

KIND = Phrase("メール", "a mail")
SUFFIX = ".eml"
HEADERS = (("Subject", "件名"), ("From", "差出人"), ("To", "宛先"), ("Cc", "Cc"), ("Date", "日時"))


@dataclass(frozen=True, slots=True)
class MailLoader:
    """Reads subject, people, date and words of a mail, and counts what is attached."""

    suffixes: tuple[str, ...] = (SUFFIX,)
    kind: Phrase = KIND
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a mail; its words as plain text where it has them so, else as HTML.

        Raises:
            DocumentError: The bytes are no mail, or its words are in no encoding that can be told.
        """
        message = _parse(data)
        content = _read_words(message)
        attached = len(list(_list_attachments(message)))
        left_out = (f"添付 {attached}",) if attached else ()
        return replace(content, losses=replace(content.losses, left_out=left_out))


@dataclass(frozen=True, slots=True)
class MailContainer:
    """Reads a mail and every file attached to it as documents of their own."""

    suffixes: tuple[str, ...] = (SUFFIX,)
    kind: Phrase = KIND

    def list_members(self, file: BinaryIO, name: str) -> Iterator[Member]:  # noqa: ARG002 - one format only
        """Yield the words of the mail, then what is attached, forwarded mails included.

        Raises:
            DocumentError: The file is no mail.
        """
        data = file.read(LARGEST_MEMBER)
        if not data:
            raise DocumentError(EMPTY)
        message = _parse(data)
        yield Member("", partial(_read_words, message), is_file=False)
        for number, part in enumerate(_list_attachments(message), 1):
            yield Member(_name_attachment(part, number), partial(_read_attachment, part))


def _parse(data: bytes) -> Message[str, str]:
    message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf"))
    if not any(name in message for name in ("From", "To", "Subject", "Date", "Received", "Message-ID")):
        raise DocumentError(
            "メールではありません（差出人・宛先・件名・日時のどれもありません）。.eml で保存したメールが必要です。"
            "メールソフトで保存し直すか、.txt に名前を変えてください / "
            "it is no mail: it has neither sender, recipient, subject nor date; expected a mail saved as .eml; save it "
            "again in the mail program, or rename it to .txt"
        )
    return message


def _read_words(message: Message[str, str]) -> Content:
    writer = TextWriter()
    for name, label in HEADERS:
        value = _find_header(message, name)
        if shown := read_date(value) if name == "Date" else read_header(value):
            writer.write(f"{label}: {shown}")
    writer.separate()
    decoded: list[DecodedText] = []
    for part in _list_texts(message):
        text = _decode_part(part)
        decoded.append(text)
        if part.get_content_type() == "text/html":
            write_fragment(text.text, writer)
        else:
            writer.write(text.text)
    title = read_header(_find_header(message, "Subject"))
    metadata = {"format": "eml"} | ({"encoding": decoded[0].encoding} if decoded else {})
    return Content(writer.text, title, complete_headings(writer.text, writer.anchors), metadata, _sum_up(decoded))


def _find_header(message: Message[str, str], name: str) -> str:
    """Return a header as it stands in the mail: reading it otherwise loses bytes beyond ASCII."""
    return next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _sum_up(decoded: list[DecodedText]) -> Losses:
    if not decoded:
        return Losses()
    return Losses(
        encoding=decoded[0].encoding,
        confidence=min(text.confidence for text in decoded),
        undecodable=sum(text.undecodable for text in decoded),
    )


def _list_texts(part: Message[str, str]) -> list[Message[str, str]]:
    """The parts that are shown: of alternatives the plain text, where it says anything, else the last."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        shown = [_list_texts(child) for child in _list_children(part)]
        if part.get_content_subtype() != "alternative":
            return [text for texts in shown for text in texts]
        plain = (texts for texts in shown if texts and all(map(_is_plain, texts)))
        return next(plain, next((texts for texts in reversed(shown) if texts), []))
    is_text = part.get_content_type() in {"text/plain", "text/html"}
    return [part] if is_text and not _is_attached(part) else []


def _is_plain(part: Message[str, str]) -> bool:
    return part.get_content_type() == "text/plain" and bool(_read_payload(part).strip())


def _list_children(part: Message[str, str]) -> list[Message[str, str]]:
    children = part.get_payload()
    return [child for child in children if isinstance(child, Message)] if isinstance(children, list) else []


def _list_attachments(part: Message[str, str]) -> Iterator[Message[str, str]]:
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in _list_children(part):
            yield from _list_attachments(child)
    elif _is_attached(part) or part.get_content_maintype() not in {"text", "multipart"}:
        yield part


def _is_attached(part: Message[str, str]) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _name_attachment(part: Message[str, str], number: int) -> str:
    name = read_header(part.get_filename() or "")
    if part.get_content_type() == "message/rfc822":
        return name if name.lower().endswith(SUFFIX) else f"{name or f'添付{number}'}{SUFFIX}"
    return name or f"添付{number}{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _read_attachment(part: Message[str, str]) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return b"".join(child.as_bytes() for child in _list_children(part))
    return _read_payload(part)


def _read_payload(part: Message[str, str]) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decode_part(part: Message[str, str]) -> DecodedText:
    data = _read_payload(part)
    declared = part.get_content_charset()
    if part.get_content_type() == "text/html":
        declared = declared or find_declared_encoding(data)
    return decode(data, declared=declared)

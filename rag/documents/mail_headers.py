"""The headers of mails: encoded words in any encoding, also a wrongly named one, and dates."""

from __future__ import annotations

import binascii
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime

from rag.documents.encoding import decode
from rag.errors import DocumentError

FOLDING = re.compile(r"\r?\n[ \t]+")


def read_header(value: str) -> str:
    """Read a header, as `Message.raw_items` gives it, on one line."""
    unfolded = FOLDING.sub(" ", value)
    try:
        pieces = decode_header(unfolded) if "=?" in unfolded else [(unfolded, None)]
    except (HeaderParseError, binascii.Error, ValueError):
        pieces = []
    if not pieces or any(not data for data, _ in pieces):  # broken words are decoded to nothing
        pieces = [(unfolded, None)]
    return " ".join("".join(_decode(data, charset) for data, charset in pieces).split())


def read_date(value: str) -> str:
    """Read a date as 2024年5月6日 7時8分; one that is none comes as it is written."""
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return read_header(value)
    return f"{date.year}年{date.month}月{date.day}日 {date.hour}時{date.minute}分"


def _decode(data: bytes | str, charset: str | None) -> str:
    # Bytes beyond ASCII that are no encoded words stand in a header as surrogates.
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    try:
        return decode(raw, declared=charset).text
    except DocumentError:
        return raw.decode("utf-8", "replace")

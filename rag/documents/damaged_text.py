"""Text that is clearly in one encoding but for a few bytes: those become U+FFFD, one for each, and are counted."""

from __future__ import annotations

import codecs
import re

from rag.documents.decoded_text import DecodedText
from rag.documents.kanji import count_usual
from rag.documents.losses import REPLACEMENT

DAMAGE_SHARE = 0.02
"""Text counts as such as long as its broken bytes are fewer than this share of its kana and kanji."""
LEAST_SHARE = 0.7
"""Text read in the wrong encoding has fewer kana, marks and everyday kanji than this among its wide characters."""
UTF8_LEAD = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
KANA_OR_MARK = re.compile("[\u3000-\u303f\u3041-\u3093\u30a1-\u30f6\u30fb\u30fc\uff01-\uff5e]")
WIDE = re.compile(f"[^\\x00-\\x7f{REPLACEMENT}]")
HANDLER = "manazashi.one-by-one"


def decode_damaged(data: bytes, *encodings: str) -> DecodedText | None:
    """Decode text that is clearly in one of these encodings but for some bytes, or return None."""
    found = [decoded for encoding in encodings if (decoded := _decode(data, encoding)) is not None]
    return min(found, key=lambda decoded: decoded.undecodable, default=None)


def replace_bytes(data: bytes, encoding: str) -> tuple[str, int]:
    """Decode bytes with U+FFFD for each that belongs to no character; return the text and how many these are."""
    codecs.register_error(HANDLER, _replace_one_by_one)
    # In ISO-2022-JP every line begins in ASCII again: one that is broken leaves the next ones whole.
    lines = data.splitlines(keepends=True) if encoding.startswith("iso2022") else [data]
    text = "".join(line.decode(encoding, HANDLER) for line in lines)
    written = data.count(REPLACEMENT.encode()) if encoding == "utf-8" else 0
    return text, text.count(REPLACEMENT) - written


def _decode(data: bytes, encoding: str) -> DecodedText | None:
    text, broken = replace_bytes(data, encoding)
    if encoding == "utf-8":
        known = wide = len(UTF8_LEAD.findall(data))
    else:
        known, wide = len(KANA_OR_MARK.findall(text)) + count_usual(text), len(WIDE.findall(text))
    if broken > DAMAGE_SHARE * known or known < LEAST_SHARE * wide:
        return None
    return DecodedText(text, encoding, confidence=1 - broken / known if known else 0.0, undecodable=broken)


def _replace_one_by_one(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return REPLACEMENT * (error.end - error.start), error.end

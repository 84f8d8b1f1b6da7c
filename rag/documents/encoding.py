"""Which encoding bytes are in, and the text they hold."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from itertools import pairwise

from rag.documents.damaged_text import DAMAGE_SHARE, decode_damaged, replace_bytes
from rag.documents.decoded_text import DecodedText
from rag.documents.kanji import count_rare, count_usual
from rag.documents.losses import REPLACEMENT
from rag.errors import DocumentError

BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark begins with the one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
JIS_ESCAPE = re.compile(rb"\x1b[$(]")
JIS_SEGMENT = re.compile(rb"\x1b(\$[@B]|\([BJI])([^\x1b]*)")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
CONTROL_SHARE = 0.02
"""More control characters than this share of all characters do not occur in text."""
UNASSIGNED = re.compile("[\x80-\x9f\ue000-\uf8ff]")
"""What bytes that stand for no character become: Python reads 0xFF in cp932 as a character of private use."""
UNDEFINED_IN_CP932 = re.compile("[\x80\uf8f0-\uf8f3]")
"""What Python reads 0x80, 0xA0, 0xFD, 0xFE and 0xFF as."""
UNASSIGNED_SHARE = 0.1
"""Characters that somebody drew for names (gaiji) stay below this share of a text."""
PLAIN = re.compile("[\t\n\r -~\u3000-\u303f\u3041-\u30ff\uff01-\uff9f]")
"""ASCII, kana and the marks beside them, which no text in Japanese or English is without."""
UTF16_SAMPLE = 4000
"""Characters that are looked at to tell UTF-16."""
EUC_FAMILY = ("euc_jp", "euc_jis_2004")
SJIS_FAMILY = ("cp932", "shift_jis_2004")
"""The second of each family adds the characters of JIS X 0213; in EUC-JP, ① and ㈱ are among them."""
UNLIKELY_IN_UTF8 = re.compile("[\u0180-\u036f\u0460-\u07ff]")
"""What a few kanji of EUC-JP look like in UTF-8; Western, Greek and Russian letters lie outside."""
THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
HALF_WIDTH = re.compile("[\uff61-\uff9f]")
OTHER_WIDE = re.compile("[^\x00-\x7f\uff61-\uff9f]")
HALF_WIDTH_RUN = re.compile("[\uff61-\uff9f]{2,}")
KANA_OR_MARK = re.compile("[\u3000-\u3002\u300c\u300d\u3041-\u3093\u30a1-\u30f6\u30fb\u30fc\uff01-\uff5e]")
VOICED = frozenset("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ")
HALF_VOICED = frozenset("ﾊﾋﾌﾍﾎ")
NEVER_FIRST = frozenset("ﾞﾟｰｧｨｩｪｫｬｭｮｯﾝ､｡｣")
META_CHARSET = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]+)""", re.IGNORECASE)
XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.\-]+)""", re.IGNORECASE)
DECLARATION_WINDOW = 8192
DECLARED = 0.99
"""A declaration that the bytes bear out may still be that of another encoding they fit as well."""
TOLD_BY_ITS_TEXT = 0.95
"""UTF-16 without a mark is taken for it where nine tenths of its characters are usual ones."""
FITS_TWO = 0.99
"""Of 14607 pieces of the samples, 1 to 50 characters long, that fitted two encodings, 6 were read in the wrong one."""
REMEDY_JA = "エディターで開いて UTF-8 で保存し直してください"
REMEDY = "open it in an editor and save it as UTF-8"


def decode(data: bytes, *, declared: str | None = None) -> DecodedText:
    """Decode the bytes of a text file; no byte is dropped.

    Where a few bytes of a text that is clearly in one encoding are broken, each becomes U+FFFD and is counted. A byte
    order mark decides; then, where there are NUL bytes, whether they are those of UTF-16; then the escape sequences of
    ISO-2022-JP; then what the file declares; then UTF-8, EUC-JP and Shift_JIS (cp932), of which a text of some length
    satisfies only its own; then the same with broken bytes; at last a statistical guess.

    The confidence is 1.0 for a mark, escape sequences and bytes that fit one encoding only, less where they fit two,
    the share of whole characters where some are broken, and for a guess what charset-normalizer says (1 - its chaos).

    Args:
        data: The whole file.
        declared: Encoding that the file names itself; it is passed over where the bytes contradict it.

    Raises:
        DocumentError: The bytes are no text, or text in no encoding that can be told.
    """
    decoded = _decode_marked(data)
    if decoded is None and b"\0" in data:
        decoded = _decode_unmarked_utf16(data)
        if decoded is None:
            offset = data.index(0)
            raise DocumentError(
                f"バイナリです（{offset} バイト目に NUL）。テキストが必要です。{REMEDY_JA} / "
                f"it is binary, with a NUL byte at offset {offset}; expected text; {REMEDY}, or add another file"
            )
    decoded = decoded or _decode_escaped(data) or _decode_declared(data, declared) or _decode_japanese(data)
    decoded = decoded or decode_damaged(data, "euc_jp", "cp932") or _decode_guessed(data)
    _refuse_binary(decoded)
    return _replace_undefined(decoded) if decoded.encoding == "cp932" else decoded


def _refuse_binary(decoded: DecodedText) -> None:
    """Raise where too much of a text is no text."""
    size = len(decoded.text)
    controls = len(CONTROLS.findall(decoded.text))
    if controls > CONTROL_SHARE * size:
        raise DocumentError(
            f"バイナリです（{size} 文字中 {controls} 文字が制御文字）。テキストが必要です。別のファイルを指定するか、"
            "テキストに変換してください / "
            f"it is binary: {controls} of its {size} characters are control characters; expected text; "
            "add another file, or convert it to text first"
        )
    # In Unicode, characters of private use are written on purpose.
    unassigned = 0 if decoded.encoding.startswith("utf") else len(UNASSIGNED.findall(decoded.text))
    if unassigned > UNASSIGNED_SHARE * size:
        raise DocumentError(
            f"テキストではありません（{size} 文字中 {unassigned} 文字が {decoded.encoding} の未定義文字・外字）。"
            f"テキストが必要です。{REMEDY_JA} / "
            f"it is no text: read as {decoded.encoding}, {unassigned} of its {size} characters are undefined or of "
            f"private use; expected text; {REMEDY}, or add another file"
        )


def find_declared_encoding(data: bytes) -> str | None:
    """Return the encoding that the head of an HTML or XML file names, as written there."""
    head = data[:DECLARATION_WINDOW]
    match = XML_ENCODING.search(head) or META_CHARSET.search(head)
    return match[1].decode("ascii") if match else None


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _decode_marked(data: bytes) -> DecodedText | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            text, broken = replace_bytes(data[len(mark) :], encoding.removesuffix("-sig"))
            if broken > DAMAGE_SHARE * len(text):
                raise DocumentError(
                    f"先頭は {encoding} の BOM ですが、中身はその符号として読めません。完全なテキストが必要です。"
                    f"入手し直すか、{REMEDY_JA} / "
                    f"it begins with the byte order mark of {encoding} but is not valid in it; expected text; "
                    f"the file is damaged or cut off: get it again, or {REMEDY}"
                )
            return DecodedText(text, encoding, undecodable=broken)
    return None


def _decode_unmarked_utf16(data: bytes) -> DecodedText | None:
    """Decode UTF-16 without a byte order mark, where the text it gives is clearly one.

    In the wrong order, あ is a rare kanji and a line end a letter of Gurmukhi; numbers, pictures and sound give
    characters from everywhere.
    """
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _decode_strictly(data, encoding)
        if text is None or "\0" in text:
            continue
        sample = text[:UTF16_SAMPLE]
        plain = len(PLAIN.findall(sample))
        usual = plain + count_usual(sample)
        if 5 * plain >= len(sample) and 10 * usual >= 9 * len(sample):
            return DecodedText(text, encoding, confidence=TOLD_BY_ITS_TEXT)
    return None


def _decode_declared(data: bytes, declared: str | None) -> DecodedText | None:
    if declared is None:
        return None
    label = declared.lower().replace("_", "-")
    if label in {"shift-jis", "shiftjis", "x-sjis", "sjis", "ms932", "windows-31j", "ms-kanji", "csshiftjis"}:
        label = "cp932"
    elif label in {"iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252"}:
        # Tools write these by default: they fit any bytes, so what is valid UTF-8 is taken for UTF-8.
        label = "cp1252" if _decode_strictly(data, "utf-8") is None else "utf-8"
    elif label.startswith(("utf-16", "utf-32")):
        # The declaration was read as ASCII, so it cannot be true (the HTML standard says UTF-8 then).
        label = "utf-8"
    try:
        encoding = codecs.lookup(label).name
        text = _decode_strictly(data, encoding)
    except (LookupError, ValueError):
        return None
    return None if text is None else DecodedText(text, encoding, confidence=DECLARED)


def _decode_escaped(data: bytes) -> DecodedText | None:
    if JIS_ESCAPE.search(data) is None:
        return None
    if not data.isascii():
        return None if _decode_strictly(data, "utf-8") is not None else decode_damaged(data, "iso2022_jp_ext")
    for encoding in ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"):
        text = _decode_strictly(data, encoding)
        if text is not None:
            return DecodedText(text, encoding)
    text = _decode_cp50221(data)
    return decode_damaged(data, "iso2022_jp_ext") if text is None else DecodedText(text, "cp50221")


def _decode_cp50221(data: bytes) -> str | None:
    """Decode ISO-2022-JP with ①, ㈱ and half-width katakana, as Windows writes it; Python has no codec for it."""
    plain_end = data.index(b"\x1b")
    pieces = [data[:plain_end].decode("ascii")]
    covered = plain_end
    for match in JIS_SEGMENT.finditer(data, plain_end):
        if match.start() != covered:
            return None
        covered = match.end()
        shifted = bytes(byte | 0x80 if byte > 0x20 else byte for byte in match[2])
        kind = match[1][:1], match[1][1:]
        encoding = "euc_jis_2004" if kind[0] == b"$" else "cp932"
        piece = _decode_strictly(match[2] if kind in {(b"(", b"B"), (b"(", b"J")} else shifted, encoding)
        if piece is None:
            return None
        pieces.append(piece)
    return "".join(pieces) if covered == len(data) else None


def _decode_japanese(data: bytes) -> DecodedText | None:
    utf8 = _decode_strictly(data, "utf-8")
    if utf8 is not None and (UNLIKELY_IN_UTF8.search(utf8) is None or THREE_BYTES.search(utf8) is not None):
        certain = utf8.isascii() or THREE_BYTES.search(utf8) is not None
        return DecodedText(utf8, "utf-8", confidence=1.0 if certain else FITS_TWO)
    if utf8 is None and (damaged := decode_damaged(data, "utf-8")) is not None:
        return damaged
    euc = _decode_first(data, EUC_FAMILY)
    if utf8 is not None:
        usual = euc is not None and count_rare(euc.text) == 0
        return replace(euc, confidence=FITS_TWO) if euc and usual else DecodedText(utf8, "utf-8", confidence=FITS_TWO)
    sjis = _decode_first(data, SJIS_FAMILY)
    if euc is not None and sjis is not None:
        return replace(sjis if _prefers_shift_jis(euc.text, sjis.text) else euc, confidence=FITS_TWO)
    if sjis is not None and 2 * len(HALF_WIDTH.findall(sjis.text)) > len(OTHER_WIDE.findall(sjis.text)):
        return decode_damaged(data, "euc_jp") or sjis
    return euc or sjis


def _decode_first(data: bytes, encodings: tuple[str, ...]) -> DecodedText | None:
    for encoding in encodings:
        text = _decode_strictly(data, encoding)
        if text is not None:
            return DecodedText(text, encoding)
    return None


def _replace_undefined(decoded: DecodedText) -> DecodedText:
    """Count the bytes that cp932 leaves undefined, and Python reads as characters, among those that gave none."""
    text, count = UNDEFINED_IN_CP932.subn(REPLACEMENT, decoded.text)
    return replace(decoded, text=text, undecodable=decoded.undecodable + count) if count else decoded


def _prefers_shift_jis(euc: str, sjis: str) -> bool:
    """Tell whether bytes that fit both EUC-JP and Shift_JIS are Shift_JIS; only short or odd texts fit both.

    Half-width katakana read as EUC-JP gives a random mixture of kanji, a third of them rare, and hardly any kana.
    EUC-JP read as Shift_JIS gives half-width katakana that break their spelling: a voicing mark after ﾏ, a small
    letter at the beginning of a word, a comma every other letter.
    """
    half_width = len(HALF_WIDTH.findall(sjis))
    rare = count_rare(euc)
    if half_width == 0:
        return HALF_WIDTH.search(euc) is not None or rare > count_rare(sjis)
    broken = sum(_count_misspellings(run.group()) for run in HALF_WIDTH_RUN.finditer(sjis))
    if broken > half_width // 20 or len(KANA_OR_MARK.findall(euc)) > half_width // 20:
        return False
    if OTHER_WIDE.search(sjis) is not None:
        return rare > len(euc) // 10
    # Kanji alone, all of them usual, is a word or a name; five of them in a row seldom fit half-width spelling.
    return rare > 0 or half_width >= 10


def _count_misspellings(run: str) -> int:
    count = int(run[0] in NEVER_FIRST)
    for before, letter in pairwise(run):
        count += letter == "ﾞ" and before not in VOICED
        count += letter == "ﾟ" and before not in HALF_VOICED
        count += before in "､｡" and letter in NEVER_FIRST
    return count


def _decode_guessed(data: bytes) -> DecodedText:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    text = None if best is None else _decode_strictly(data, best.encoding)
    if best is None or text is None:
        raise DocumentError(
            "文字コードを判別できません（UTF-8・EUC-JP・Shift_JIS・ISO-2022-JP のどれでもありません）。"
            f"{REMEDY_JA} / "
            "its encoding cannot be told: it is not valid in UTF-8, EUC-JP, Shift_JIS or ISO-2022-JP; expected text "
            f"in one of these or UTF-16 with a byte order mark; {REMEDY}"
        )
    return DecodedText(text, best.encoding, confidence=1 - best.chaos)

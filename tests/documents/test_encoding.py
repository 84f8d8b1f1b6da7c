"""Encodings of Japanese text, long and short."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.encoding import decode, find_declared_encoding
from rag.documents.loading import load_document
from rag.errors import DocumentError

SHORT = "第3条　有給休暇は年に20日とする。"
KATAKANA = "カタカナ語のテキスト、メモリー。"
KANJI = "年次有給休暇取得手続規程全文改正"
LONG = (
    "株式会社青空商会　就業規則\r\n"
    "第1条（目的）この規則は、社員の労働条件、服務規律その他の就業に関する事項を定める。\r\n"
    "２　この規則に定めのない事項は、労働基準法その他の法令の定めるところによる。\r\n"
) * 40
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp932", "euc_jp", "iso2022_jp"]
MARKS = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff", "utf-32-le": "\ufeff", "utf-32-be": "\ufeff"}


def encode(text: str, encoding: str) -> bytes:
    return (MARKS.get(encoding, "") + text).encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [SHORT, KATAKANA, KANJI, LONG], ids=["short", "katakana", "kanji", "long"])
def test_decodes(text: str, encoding: str) -> None:
    decoded = decode(encode(text, encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_file_of_any_encoding_is_loaded(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "規則.txt"
    path.write_bytes(encode(LONG, encoding))
    document = load_document(path)
    assert document.text == LONG.replace("\r\n", "\n")
    assert document.metadata == {"format": "txt", "encoding": encoding}
    assert document.title == "株式会社青空商会　就業規則"


@pytest.mark.parametrize(
    "text",
    [
        "ｶﾌﾞｼｷｶﾞｲｼｬ ｱｵｿﾞﾗｼｮｳｶｲ",
        "ｺﾉ ｷｿｸﾊ ｼｬｲﾝﾉ ﾊﾀﾗｷｶﾀｦ ｻﾀﾞﾒﾙ｡",
        "ﾕｳｷｭｳｷｭｳｶ",
        "ﾃﾞｰﾀﾒｲ,ｽｳﾘｮｳ,ﾀﾝｶ\r\nﾍﾞﾙﾄ,10,3600\r\nｼﾞｸｳｹ,2,38000\r\n",
    ],
)
def test_half_width_katakana_of_shift_jis_is_not_taken_for_euc(text: str) -> None:
    decoded = decode(text.encode("cp932"))
    assert (decoded.text, decoded.encoding) == (text, "cp932")


@pytest.mark.parametrize(
    "text", ["休暇", "年度", "都市計画", "東京都", "出張旅費", "社員のﾃﾞｰﾀ", "年20", "第九版", "株式会社榛木製作所"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "euc_jp", "cp932", "iso2022_jp"])
def test_single_words_are_told_apart(text: str, encoding: str) -> None:
    if encoding == "iso2022_jp" and "ﾃ" in text:
        encoding = "iso2022_jp_ext"
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("㈱青空商会は①から⑳までの番号を使う。", "cp932", "cp932"),
        ("㈱青空商会は①から⑳までの番号を使う。", "euc_jis_2004", "euc_jis_2004"),
        ("剝がす、塡める、頰、𠮟る、俱楽部", "euc_jis_2004", "euc_jis_2004"),
        ("𠮟る、俱楽部、吞む、とする。", "shift_jis_2004", "shift_jis_2004"),
        ("﨑山、髙橋、Ⅲ、№5", "cp932", "cp932"),
    ],
)
def test_characters_beyond_jis_x_0208(text: str, encoding: str, name: str) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, name)


def test_iso_2022_jp_of_windows_has_numbers_in_circles_and_half_width_katakana() -> None:
    data = b"No.1 \x1b$B-!!!-j\x1b(B and \x1b(I6E\x1b(B\r\n"
    decoded = decode(data)
    assert (decoded.text, decoded.encoding) == ("No.1 ①　㈱ and ｶﾅ\r\n", "cp50221")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["A社の規則", "一\n二\n", "第一条　一般の一\r\n", "Plain words\n", LONG])
def test_utf16_without_mark_is_told_by_its_text(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_a_few_characters_of_private_use_are_names() -> None:
    data = "氏名は田".encode("cp932") + b"\xf0\x40" + "と申します。".encode("cp932")
    assert decode(data).text == "氏名は田\ue000と申します。"


def test_escape_sequences_of_a_terminal_are_not_iso_2022_jp() -> None:
    text = "\x1b[31m赤い文字\x1b[0mの記録"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize("text", ["Café à la carte", "Größe: 20 °C", "α=0.05, β=0.2", "Привет"])
def test_western_text_in_utf8_stays(text: str) -> None:
    decoded = decode(text.encode())
    assert (decoded.text, decoded.encoding) == (text, "utf-8")


def test_other_encodings_are_guessed_and_named() -> None:
    text = "Съешь ещё этих мягких французских булок, да выпей же чаю. " * 20
    decoded = decode(text.encode("koi8-r"))
    assert decoded.text.encode(decoded.encoding) == text.encode("koi8-r")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_utf8_with_mark_comes_back_whole(text: str) -> None:
    decoded = decode(text.encode("utf-8-sig"))
    assert (decoded.text, decoded.encoding) == (text, "utf-8-sig")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.sampled_from(["utf-16-le", "utf-32-be"]))
def test_utf16_and_utf32_come_back_whole(text: str, encoding: str) -> None:
    assert decode(encode(text, encoding)).text == text


HIRAGANA = st.text(st.characters(min_codepoint=0x3042, max_codepoint=0x3093), min_size=4, max_size=40)


@given(HIRAGANA, HIRAGANA, st.sampled_from(["utf-8", "euc_jp", "cp932", "iso2022_jp"]))
def test_sentences_come_back_whole(first: str, second: str, encoding: str) -> None:
    text = f"{first}、{second}。"
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@given(st.binary(max_size=200))
def test_bytes_are_read_in_the_encoding_named_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except DocumentError:
        return
    marked = next(
        (mark for mark in (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\xff\xfe", b"\xfe\xff") if data.startswith(mark)), b""
    )
    if decoded.undecodable == 0 and decoded.encoding != "cp50221":
        assert data[len(marked) :].decode(decoded.encoding) == decoded.text
    assert 0 <= decoded.confidence <= 1
    assert decoded.text.count("\ufffd") >= decoded.undecodable


class TestRefusals:
    def test_nul_is_binary(self) -> None:
        with pytest.raises(DocumentError, match=r"it is binary, with a NUL byte at offset 3; expected text; open it"):
            decode(b"abc\0def")

    @pytest.mark.parametrize(
        "data",
        [
            "甲\0乙\n".encode("utf-16-le"),
            "第1条\n".encode("utf-16-le") + b"\0",
            "第1条\n".encode("utf-32-le"),
            b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x22\x56\0\0",
            b"".join(number.to_bytes(2, "little") for number in range(0, 60000, 37)),
        ],
        ids=["NUL", "odd", "UTF-32", "sound", "numbers"],
    )
    def test_nul_of_anything_but_utf16_is_binary(self, data: bytes) -> None:
        with pytest.raises(DocumentError, match=r"バイナリです.* / it is binary"):
            decode(data)

    @pytest.mark.parametrize("data", [b"\xff" * 500, b"\xfdA" * 50, b"\xf0\x40" * 50], ids=["FF", "mixed", "gaiji"])
    def test_bytes_that_are_no_characters_are_no_text(self, data: bytes) -> None:
        with pytest.raises(DocumentError, match=r"テキストではありません.* / it is no text: read as cp932, \d+ of its"):
            decode(data)

    def test_control_characters_are_binary(self) -> None:
        with pytest.raises(DocumentError, match=r"it is binary: 100 of its 200 characters are control characters"):
            decode(b"\x01a" * 100)

    def test_text_cut_off_after_a_mark(self) -> None:
        with pytest.raises(DocumentError, match=r"byte order mark of utf-16-le but is not valid in it"):
            decode(b"\xff\xfea")

    def test_nothing_fits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Nothing:
            def best(self) -> None:
                return None

        monkeypatch.setattr("charset_normalizer.from_bytes", lambda data: Nothing())
        with pytest.raises(
            DocumentError, match=r"its encoding cannot be told: it is not valid in UTF-8, .* save it as"
        ):
            decode(bytes([0x81, 0xFF, 0xFE, 0x80, 0xA0, 0xFD]))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<meta charset="Shift_JIS">', "Shift_JIS"),
        (b"<META http-equiv=Content-Type content='text/html; charset=euc-jp'>", "euc-jp"),
        (b'<?xml version="1.0" encoding="ISO-2022-JP"?><html>', "ISO-2022-JP"),
        (b"<meta charset=utf-8 />", "utf-8"),
        (b"<p>charset</p>", None),
        (b"<!-- " + b"x" * 9000 + b' --><meta charset="utf-8">', None),
    ],
)
def test_declared_encoding(head: bytes, expected: str | None) -> None:
    assert find_declared_encoding(head) == expected


@pytest.mark.parametrize(
    ("declared", "encoding", "name"),
    [
        ("Shift_JIS", "cp932", "cp932"),
        ("x-sjis", "cp932", "cp932"),
        ("EUC-JP", "euc_jp", "euc_jp"),
        ("iso-2022-jp", "iso2022_jp", "iso2022_jp"),
        ("utf-16", "utf-8", "utf-8"),
        ("iso-8859-1", "utf-8", "utf-8"),
        ("Shift_JIS", "utf-8", "utf-8"),
        ("no-such-thing", "euc_jp", "euc_jp"),
        ("base64", "cp932", "cp932"),
    ],
)
def test_declaration_counts_unless_the_bytes_contradict_it(declared: str, encoding: str, name: str) -> None:
    decoded = decode(LONG.encode(encoding), declared=declared)
    assert (decoded.text, decoded.encoding) == (LONG, name)


def test_declaration_settles_what_bytes_leave_open() -> None:
    data = "都市".encode("euc_jp")
    assert decode(data, declared="euc-jp").text == "都市"
    assert decode(data, declared="shift_jis").text == "ﾅﾔｻﾔ"
    assert decode("naïve café".encode("cp1252"), declared="iso-8859-1").text == "naïve café"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "cp932", "euc_jp", "iso2022_jp"])
def test_broken_bytes_are_counted_and_the_rest_is_read(encoding: str) -> None:
    data = bytearray(encode(LONG, encoding))
    damage = "\udc00".encode("utf-16-le", "surrogatepass") if "16" in encoding else b"\xff"
    for piece in range(3):
        place = data.index(encode("\r\n", encoding.removesuffix("-sig")).removeprefix(b"\xff\xfe"), piece * 900)
        data[place:place] = damage
    decoded = decode(bytes(data))
    assert decoded.text.replace("\ufffd", "") == LONG
    assert decoded.undecodable == decoded.text.count("\ufffd") == 3 * len(damage)
    assert decoded.encoding.startswith(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_a_character_cut_in_two_costs_no_other(encoding: str) -> None:
    data = LONG.encode(encoding)[:-1].removesuffix(b"\r")
    cut = data[: -len("。".encode(encoding))] + "。".encode(encoding)[:1]
    decoded = decode(cut)
    assert decoded.encoding == encoding
    assert decoded.text == LONG.rstrip()[:-1] + "\ufffd"
    assert decoded.undecodable == 1


def test_damage_beyond_a_few_bytes_is_refused_or_guessed() -> None:
    data = bytes(byte ^ 0x55 if place % 9 == 0 else byte for place, byte in enumerate(LONG.encode()))
    try:
        decoded = decode(data)
    except DocumentError:
        return
    assert decoded.undecodable == 0
    assert decoded.confidence < 1


@pytest.mark.parametrize(
    ("data", "confidence"),
    [
        (LONG.encode("utf-8-sig"), 1.0),
        (LONG.encode(), 1.0),
        (LONG.encode("cp932"), 1.0),
        (LONG.encode("euc_jp"), 1.0),
        (LONG.encode("iso2022_jp"), 1.0),
        (b"plain words", 1.0),
        (SHORT.encode("utf-16-le"), 0.95),
        ("都市".encode("euc_jp"), 0.99),
    ],
)
def test_confidence(data: bytes, confidence: float) -> None:
    assert decode(data).confidence == confidence


def test_a_guess_is_less_than_certain_and_reaches_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    text = "Съешь ещё этих мягких французских булок, да выпей же чаю. " * 20
    path.write_bytes(text.encode("koi8-r"))
    losses = load_document(path).losses
    assert losses.encoding == decode(text.encode("koi8-r")).encoding
    assert losses.confidence is not None
    assert losses.confidence <= 1
    path.write_bytes(LONG.encode("cp932") + b"\xff")
    assert load_document(path).losses.undecodable == 1

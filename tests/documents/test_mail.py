"""Mails: headers, words in any encoding, and what is attached."""

from __future__ import annotations

import io
from email.header import Header
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.documents.mail import MailContainer
from rag.documents.mail_headers import read_date, read_header
from rag.errors import DocumentError

WORDS = "駐輪場は来月から有料です。\n使用料は月に三百円とします。\n"


@pytest.fixture
def load(tmp_path: Path):
    def load(data: bytes) -> Document:
        path = tmp_path / "案内.eml"
        path.write_bytes(data)
        return load_document(path)

    return load


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "shift_jis", "euc-jp", "iso-2022-jp"])
def test_headers_come_first(encoding: str, load) -> None:
    message = MIMEText("", "plain")
    message.set_payload(WORDS.encode(encoding), None)
    message.replace_header("Content-Type", f'text/plain; charset="{encoding}"')
    header = "utf-8" if encoding.startswith("utf") else encoding
    message["Subject"] = Header("駐輪場の使用料について", header)
    message["From"] = f"{Header('山田花子', header).encode()} <yamada@example.com>"
    message["To"] = "all@example.com"
    message["Date"] = "Mon, 06 May 2024 07:08:09 +0900"
    if encoding == "utf-16":
        del message["Content-Transfer-Encoding"]
        import email.encoders

        email.encoders.encode_base64(message)
    document = load(message.as_bytes())
    assert document.title == "駐輪場の使用料について"
    assert document.text == (
        "件名: 駐輪場の使用料について\n差出人: 山田花子 <yamada@example.com>\n宛先: all@example.com\n"
        f"日時: 2024年5月6日 7時8分\n\n{WORDS}"
    )


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("iso-8859-1", "cp932"), ("us-ascii", "iso2022_jp"), ("utf-8", "euc_jp"), ("iso-2022-jp", "cp932")],
)
def test_a_wrong_label_is_passed_over(declared: str, encoding: str, load) -> None:
    head = f"Subject: 有料化\r\nContent-Type: text/plain; charset={declared}\r\n\r\n"
    document = load(head.encode(encoding) + WORDS.replace("\n", "\r\n").encode(encoding))
    assert document.text == f"件名: 有料化\n\n{WORDS}"
    assert document.metadata["encoding"] == encoding


def test_plain_text_is_preferred_and_html_is_read_where_there_is_no_other(load) -> None:
    message = EmailMessage()
    message["Subject"] = "一"
    message.set_content("平文です。\n")
    message.add_alternative("<p>飾った<ruby>文<rt>ぶん</rt></ruby>です。</p>", subtype="html")
    assert load(message.as_bytes()).text == "件名: 一\n\n平文です。\n"
    only = EmailMessage()
    only["Subject"] = "二"
    only.set_content("<p>飾った<ruby>文<rt>ぶん</rt></ruby>です。</p>", subtype="html")
    document = load(only.as_bytes())
    assert document.text == "件名: 二\n\n飾った文です。\n"
    assert [(each.kind, each.label) for each in document.anchors] == [("ruby", "ぶん")]
    blank = EmailMessage()
    blank["Subject"] = "三"
    blank.set_content("\n")
    blank.add_alternative("<p>こちらです。</p>", subtype="html")
    assert load(blank.as_bytes()).text == "件名: 三\n\nこちらです。\n"


def test_attachments_are_counted_by_the_loader_and_given_by_the_container(load) -> None:
    inner = EmailMessage()
    inner["Subject"] = "元のメール"
    inner.set_content("転送された文。\n")
    message = EmailMessage()
    message["Subject"] = "資料"
    message.set_content("添付をご覧ください。\n")
    message.add_attachment("規則の本文".encode(), maintype="text", subtype="plain", filename="規則.txt")
    message.add_attachment(inner)
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="図.png")
    document = load(message.as_bytes())
    assert document.text == "件名: 資料\n\n添付をご覧ください。\n"
    assert document.losses.left_out == ("添付 3",)
    members = list(MailContainer().list_members(io.BytesIO(message.as_bytes()), "案内.eml"))
    assert [member.name for member in members] == ["", "規則.txt", "添付2.eml", "図.png"]
    assert members[1].read() == "規則の本文".encode()
    assert b"Subject: =?utf-8?" in members[2].read()


def test_text_that_is_no_mail_is_refused(load) -> None:
    with pytest.raises(DocumentError, match=r"メールではありません.* / it is no mail"):
        load("ただの文章です。".encode())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?q?=E4=BC=91?=\r\n =?utf-8?q?=E6=9A=87?=", "休暇"),
        ("=?utf-8?B?5LyR?= =?utf-8?B?5pqH?= (1)", "休暇 (1)"),
        ("=?no-such?B?5LyR?=", "休"),
        ("=?utf-8?B?%%%?=", "=?utf-8?B?%%%?="),
    ],
)
def test_headers(raw: str, expected: str) -> None:
    assert read_header(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Mon, 06 May 2024 07:08:09 +0900 (JST)", "2024年5月6日 7時8分"),
        ("6 May 2024 23:59:00 -0000", "2024年5月6日 23時59分"),
        ("先週の月曜", "先週の月曜"),
        ("", ""),
    ],
)
def test_dates(raw: str, expected: str) -> None:
    assert read_date(raw) == expected

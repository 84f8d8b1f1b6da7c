"""Books: order, headings from the contents, readings, and what is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.errors import DocumentError
from tests.documents.written_files import build_epub


@pytest.fixture
def load(tmp_path: Path):
    def load(data: bytes) -> Document:
        path = tmp_path / "本.epub"
        path.write_bytes(data)
        return load_document(path)

    return load


def test_pages_come_in_the_order_of_the_spine_under_the_headings_of_the_contents(load) -> None:
    document = load(
        build_epub(
            [
                "<p>序文の前置き。</p>",
                "<p>第一話　船出</p><p>船は<ruby>港<rt>みなと</rt></ruby>を出た。</p>",
                "<h2>結び</h2><p>終わり。</p>",
            ],
            title="灯台の本",
            contents=[
                ("p0.xhtml", "はじめに"),
                ("p1.xhtml#top", "第一話　<ruby>船出<rt>ふなで</rt></ruby>"),
                ("p2.xhtml", "結"),
            ],
        )
    )
    assert document.title == "灯台の本"
    assert document.text == "はじめに\n\n序文の前置き。\n\n第一話　船出\n\n船は港を出た。\n\n結び\n\n終わり。\n"
    assert [(each.kind, each.label, each.level) for each in document.anchors] == [
        ("heading", "はじめに", 1),
        ("heading", "第一話 船出", 1),
        ("ruby", "みなと", 0),
        ("heading", "結び", 2),
    ]
    assert document.heading_at(document.text.index("船は"))[-1] == "第一話 船出"


def test_contents_of_older_books(load) -> None:
    ncx = (
        '<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "ncx.dtd">'
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>第一話</text></navLabel>'
        '<content src="text/p0.xhtml"/></navPoint></navMap></ncx>'
    )
    document = load(
        build_epub(
            ["<p>本文。</p>"],
            files={"OEBPS/toc.ncx": ncx.encode()},
            items='<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
        )
    )
    assert document.text == "第一話\n\n本文。\n"


def test_pictures_are_counted(load) -> None:
    items = "".join(f'<item id="i{each}" href="{each}.png" media-type="image/png"/>' for each in "ab")
    document = load(build_epub(["<p>本文。</p>"], files={"OEBPS/a.png": b"1", "OEBPS/b.png": b"2"}, items=items))
    assert document.losses.left_out == ("画像 2",)


@pytest.mark.parametrize(("algorithm", "refused"), [("http://www.idpf.org/2008/embedding", False), ("aes", True)])
def test_encrypted_pages_are_refused_but_not_scrambled_fonts(algorithm: str, refused: bool, load) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
        f'<enc:EncryptedData><enc:EncryptionMethod Algorithm="{algorithm}"/><enc:CipherData>'
        '<enc:CipherReference URI="OEBPS/text/p0.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'
    )
    data = build_epub(["<p>本文。</p>"], files={"META-INF/encryption.xml": encryption.encode()})
    if refused:
        with pytest.raises(DocumentError, match=r"DRM 付き.* / it is an encrypted EPUB book"):
            load(data)
    else:
        assert load(data).text == "本文。\n"


def test_entities_that_would_swell_are_refused(load) -> None:
    swelling = (
        '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><container><rootfiles>'
        '<rootfile full-path="&b;"/></rootfiles></container>'
    )
    with pytest.raises(DocumentError, match="it is a damaged archive"):
        load(build_epub(["<p>本文。</p>"], files={"META-INF/container.xml": swelling.encode()}))

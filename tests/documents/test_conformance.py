"""What is true of every loader."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.document import Document, build_document_id
from rag.documents.loading import LOADERS, load_document, supported_suffixes
from rag.errors import DocumentError
from tests.documents.written_files import BLANK_WRITERS, LABELLED, LINES, TITLE, WRITERS, write_html

OFFICE = {".docx": ".docx", ".docm": ".docx", ".xlsx": ".xlsx", ".xlsm": ".xlsx", ".pptx": ".pptx", ".pptm": ".pptx"}
MARKS_TABLES = frozenset({*OFFICE, ".md", ".markdown", ".html", ".htm", ".xhtml", ".epub", ".csv", ".tsv"})
BINARY = frozenset({*OFFICE, ".pdf", ".epub"})
FIRST_LINES = {".eml": [f"件名: {TITLE}"]}
FORMATS = {
    ".text": "txt",
    ".markdown": "md",
    ".htm": "html",
    ".xhtml": "html",
    ".tsv": "csv",
    **{suffix: usual[1:] for suffix, usual in OFFICE.items()},
}


def load_lines(document: Document) -> list[str]:
    return [line for line in document.text.split("\n") if line.strip()]


def test_every_supported_suffix_is_tested() -> None:
    assert supported_suffixes() == (*WRITERS, ".zip", ".jsonl.xz", ".jsonl.gz")


@pytest.fixture(params=WRITERS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The document in one of the formats."""
    written = tmp_path / f"規程集{request.param}"
    WRITERS[request.param](written)
    return written


class TestEveryLoader:
    def test_gives_the_same_lines(self, path: Path) -> None:
        lines = LABELLED if path.suffix in MARKS_TABLES else LINES
        assert load_lines(load_document(path)) == FIRST_LINES.get(path.suffix, []) + lines

    def test_places_tables_in_the_text(self, path: Path) -> None:
        document = load_document(path)
        tables = [document.text[anchor.start : anchor.end] for anchor in document.anchors if anchor.kind == "table"]
        assert tables == (["\n".join(LABELLED[5:])] if path.suffix in MARKS_TABLES else [])
        assert document.losses.tables == len(tables)

    def test_gives_canonical_text(self, path: Path) -> None:
        text = load_document(path).text
        assert set("\r\0\f\v\u2028\u2029").isdisjoint(text)
        assert text.endswith("\n")
        assert "﨑" in text
        assert "５" in text

    def test_finds_title_and_source(self, path: Path) -> None:
        document = load_document(path)
        assert document.title == TITLE
        assert document.source == str(path.resolve())
        assert document.id == build_document_id(document.source, document.text)

    def test_names_its_format(self, path: Path) -> None:
        suffix = path.suffix
        metadata = load_document(path).metadata
        assert metadata["format"] == FORMATS.get(suffix, suffix[1:])
        assert metadata.get("encoding") == (None if suffix in BINARY else "utf-8")

    def test_places_headings_in_the_text(self, path: Path) -> None:
        document = load_document(path)
        headings = [anchor for anchor in document.anchors if anchor.kind == "heading"]
        assert [anchor.label for anchor in headings][-2:] == ["第1章 総則", "第2章 休暇"]
        assert [anchor.level for anchor in headings][-2:] == [2, 2]
        assert [document.text[anchor.start : anchor.end] for anchor in headings] == [
            anchor.label for anchor in headings
        ]
        assert document.heading_at(document.text.index("二十日"))[-1] == "第2章 休暇"
        assert document.heading_at(document.text.index("働き方"))[-1] == "第1章 総則"

    def test_keeps_anchors_in_order(self, path: Path) -> None:
        starts = [anchor.start for anchor in load_document(path).anchors]
        assert starts == sorted(starts)

    def test_loads_the_same_again(self, path: Path) -> None:
        assert load_document(path) == load_document(path)

    def test_takes_the_suffix_in_upper_case(self, path: Path) -> None:
        lines = load_lines(load_document(path))
        renamed = path.rename(path.with_suffix(path.suffix.upper()))
        assert load_lines(load_document(renamed)) == lines

    def test_refuses_an_empty_file(self, path: Path) -> None:
        path.write_bytes(b"")
        with pytest.raises(
            DocumentError, match=r"規程集\.\w+: 空のファイルです（0 バイト）。.* / it is empty \(0 bytes\); expected"
        ):
            load_document(path)

    def test_refuses_a_file_without_text(self, path: Path) -> None:
        write_blank = BLANK_WRITERS.get(OFFICE.get(path.suffix, path.suffix))
        if write_blank is None:
            path.write_text(" \n　\n", "utf-8")
        else:
            write_blank(path)
        with pytest.raises(DocumentError) as error:
            load_document(path)
        assert str(error.value).startswith(f"{path}: ")
        assert "no text" in str(error.value)

    def test_refuses_a_binary_file_of_another_format(self, path: Path) -> None:
        others = {
            ".pdf": ("PDF", "a PDF"),
            ".docx": ("Word 文書", "a Word document"),
            ".xlsx": ("Excel ブック", "an Excel workbook"),
            ".pptx": ("PowerPoint ファイル", "a PowerPoint file"),
            ".epub": ("EPUB の本", "an EPUB book"),
        }
        others.pop(OFFICE.get(path.suffix, path.suffix), None)
        for suffix, (japanese, english) in others.items():
            WRITERS[suffix](path)
            with pytest.raises(DocumentError) as error:
                load_document(path)
            message = str(error.value)
            assert message.startswith(f"{path}: 中身は「{japanese}」です。名前（{path.suffix}）のとおりなら「")
            assert f"拡張子を {suffix} に変えてください / its content is {english}; expected " in message
            assert message.endswith(f", as the name says ({path.suffix}); rename it to {suffix}")

    def test_refuses_an_image(self, path: Path) -> None:
        path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        with pytest.raises(DocumentError, match=r"its content is a PNG image; expected .*; run OCR"):
            load_document(path)


@pytest.mark.parametrize("suffix", sorted(BINARY))
class TestBinaryLoaders:
    def test_refuse_text(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"偽物{suffix}"
        path.write_bytes("これはただの文章です。".encode("cp932"))
        with pytest.raises(DocumentError, match=r"its content is plain text; expected .*; rename it to \.txt"):
            load_document(path)

    def test_refuse_a_page(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"偽物{suffix}"
        write_html(path)
        with pytest.raises(DocumentError, match=r"its content is HTML text; expected .*; rename it to \.html"):
            load_document(path)

    def test_refuse_what_nobody_knows(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"偽物{suffix}"
        path.write_bytes(bytes(range(256)))
        with pytest.raises(DocumentError, match=r"its content is not an? .* nor any format known here; expected"):
            load_document(path)

    @pytest.mark.parametrize("share", [0.3, 0.6])
    def test_refuse_a_file_cut_off(self, suffix: str, share: float, tmp_path: Path) -> None:
        path = tmp_path / f"途中{suffix}"
        WRITERS[suffix](path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(DocumentError, match=r"it is a damaged .*; expected a whole one; get the file again"):
            load_document(path)


def test_loaders_say_what_they_read() -> None:
    assert [(loader.suffixes[0], loader.kind.ja, loader.kind.en, loader.is_text) for loader in LOADERS] == [
        (".txt", "テキスト", "plain text", True),
        (".md", "Markdown", "Markdown", True),
        (".html", "HTML", "HTML text", True),
        (".pdf", "PDF", "a PDF", False),
        (".docx", "Word 文書", "a Word document", False),
        (".xlsx", "Excel ブック", "an Excel workbook", False),
        (".pptx", "PowerPoint ファイル", "a PowerPoint file", False),
        (".epub", "EPUB の本", "an EPUB book", False),
        (".csv", "CSV", "CSV text", True),
        (".json", "JSON", "JSON", True),
        (".jsonl", "JSON Lines", "lines of JSON", True),
        (".eml", "メール", "a mail", True),
    ]

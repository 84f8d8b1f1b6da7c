"""Files that hold several documents: archives, mails, lines of JSON."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tracemalloc
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.documents import unpacking
from rag.documents.document import Document
from rag.documents.loading import load_document, load_documents
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unread
from rag.errors import DocumentError
from tests.documents.written_files import WRITERS, build_zip, write_docx


def load(path: Path) -> tuple[dict[str, str], dict[str, str], list[LossEntry]]:
    """Texts and errors of the members of a file, by their names, and what was left out."""
    found = list(load_documents(path))
    start = f"{path.resolve()}"
    documents = {each.source.removeprefix(start): each.text for each in found if isinstance(each, Document)}
    unread = {each.source.removeprefix(start): each.error for each in found if isinstance(each, Unread)}
    assert all(each.error.startswith(f"{each.source}: ") for each in found if isinstance(each, Unread))
    return documents, unread, [each for each in found if isinstance(each, LossEntry)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "規程集.zip"


class TestZip:
    def test_members_of_every_format_are_documents(self, archive: Path, tmp_path: Path) -> None:
        members: dict[str, bytes] = {}
        for suffix, write in WRITERS.items():
            write(tmp_path / f"就業規則{suffix}")
            members[f"規程/就業規則{suffix}"] = (tmp_path / f"就業規則{suffix}").read_bytes()
        archive.write_bytes(build_zip(members))
        documents, unread, left_out = load(archive)
        assert list(documents) == [f"!/{name}" for name in members]
        assert (unread, left_out) == ({}, [])
        assert {"二十日" in text for text in documents.values()} == {True}

    def test_names_of_windows_are_cp932(self, archive: Path) -> None:
        archive.write_bytes(_write_windows_zip({name: f"{name}の本文".encode() for name in ("表.txt", "休暇.txt")}))
        assert load(archive)[0] == {"!/表.txt": "表.txtの本文", "!/休暇.txt": "休暇.txtの本文"}

    def test_a_member_that_cannot_be_read_leaves_the_others(self, archive: Path) -> None:
        archive.write_bytes(build_zip({"甲.txt": "甲".encode(), "秘密.txt": b"x" * 50, "空.txt": b"", "偽.pdf": b"a"}))
        data = bytearray(archive.read_bytes())
        for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = data.index("秘密.txt".encode(), data.index(mark)) - (30 if flag == 6 else 46)
            data[place + flag] |= 1
        archive.write_bytes(bytes(data))
        documents, unread, _ = load(archive)
        assert documents == {"!/甲.txt": "甲"}
        assert list(unread) == ["!/秘密.txt", "!/空.txt", "!/偽.pdf"]
        assert "パスワードで保護されています" in unread["!/秘密.txt"]
        assert "空のファイルです" in unread["!/空.txt"]
        assert "its content is plain text; expected a PDF" in unread["!/偽.pdf"]

    def test_a_damaged_member_leaves_the_others(self, archive: Path) -> None:
        with zipfile.ZipFile(archive, "w") as target:
            target.writestr("a.txt", "本文".encode())
            target.writestr("b.txt", "壊れる前".encode())
        archive.write_bytes(archive.read_bytes().replace("壊れる前".encode(), "壊れた後".encode()))
        documents, unread, _ = load(archive)
        assert list(documents) == ["!/a.txt"]
        assert "壊れた書庫です" in unread["!/b.txt"]

    def test_a_path_out_of_the_archive_is_only_a_name(self, archive: Path, tmp_path: Path) -> None:
        archive.write_bytes(build_zip({"../外.txt": "外".encode(), "/etc/中.txt": "中".encode()}))
        assert load(archive)[0] == {"!/../外.txt": "外", "!//etc/中.txt": "中"}
        assert [path.name for path in tmp_path.iterdir()] == [archive.name]

    def test_what_is_no_document_is_counted(self, archive: Path) -> None:
        archive.write_bytes(
            build_zip(
                {"a.txt": b"a", "b.png": b"1", "c.jpg": b"2", "d.xyz": b"3", "__MACOSX/._a.txt": b"4", ".b.txt": b"5"}
            )
        )
        documents, unread, left_out = load(archive)
        assert (list(documents), unread) == (["!/a.txt"], {})
        assert [(each.title, each.losses.left_out) for each in left_out] == [("規程集.zip", ("画像 2", ".xyz 1"))]

    def test_an_archive_without_documents_is_named(self, archive: Path) -> None:
        archive.write_bytes(build_zip({"b.png": b"1"}))
        assert "読める文書が入っていません（見つかったもの: 画像 1）" in load(archive)[1][""]
        archive.write_bytes(b"PK\x03\x04 cut off")
        assert "it is a damaged archive" in load(archive)[1][""]

    def test_archives_in_archives_end_somewhere(self, archive: Path) -> None:
        data = build_zip({"d.txt": "底".encode()})
        for name in ("c.zip", "b.zip"):
            data = build_zip({name: data, "o.txt": name.encode()})
        archive.write_bytes(data)
        documents, unread, _ = load(archive)
        assert list(documents) == ["!/b.zip!/c.zip!/d.txt", "!/b.zip!/o.txt", "!/o.txt"]
        archive.write_bytes(build_zip({"a.zip": data}))
        documents, unread, _ = load(archive)
        assert list(documents) == ["!/a.zip!/b.zip!/o.txt", "!/a.zip!/o.txt"]
        assert "more than 3 containers deep" in unread["!/a.zip!/b.zip!/c.zip"]

    def test_what_is_unpacked_is_limited_over_all_archives(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unpacking, "LARGEST_TOTAL", 5000)
        inner = build_zip({"x.txt": b"a" * 4000})
        archive.write_bytes(build_zip({f"{number}.zip": inner for number in range(9)}))
        documents, unread, _ = load(archive)
        assert len(documents) == 2
        assert all("what it unpacks to is more than" in error for error in unread.values())

    def test_a_bomb_is_not_unpacked(self, archive: Path) -> None:
        archive.write_bytes(build_zip({"a.txt": b"0" * (40 * 2**20)}))
        assert "it unpacks to" in load(archive)[1][""]

    def test_two_members_of_one_name(self, archive: Path) -> None:
        archive.write_bytes(build_zip({"a.txt": "一".encode(), "b.txt": "二".encode()}).replace(b"b.txt", b"a.txt"))
        assert load(archive)[0] == {"!/a.txt": "一", "!/a.txt (2)": "二"}

    def test_a_loader_that_crashes_costs_one_member(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def crash(self: object, data: bytes) -> None:
            raise IndexError("list index out of range")

        monkeypatch.setattr("rag.documents.pdf.PdfLoader.load", crash)
        archive.write_bytes(build_zip({"a.pdf": b"%PDF-1.7", "b.txt": b"b"}))
        documents, unread, _ = load(archive)
        assert list(documents) == ["!/b.txt"]
        assert "IndexError: list index out of range" in unread["!/a.pdf"]
        assert "was not read" in caplog.text

    def test_it_is_not_one_document(self, archive: Path) -> None:
        archive.write_bytes(build_zip({"a.txt": b"a"}))
        with pytest.raises(DocumentError, match=r"it may hold several documents; .* use load_documents"):
            load_document(archive)


def _write_windows_zip(members: dict[str, bytes]) -> bytes:
    """An archive with names in cp932: those of ASCII letters of the same length, replaced afterwards."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, content in enumerate(members.values()):
            archive.writestr("#" * (len(list(members)[number].encode("cp932")) - 1) + str(number), content)
    data = target.getvalue()
    for number, name in enumerate(members):
        encoded = name.encode("cp932")
        data = data.replace(b"#" * (len(encoded) - 1) + str(number).encode(), encoded)
    return data


class TestMail:
    def test_words_and_attachments_are_documents(self, tmp_path: Path) -> None:
        write_docx(tmp_path / "規則.docx")
        inner = EmailMessage()
        inner["Subject"] = "元のメール"
        inner.set_content("転送された文。\n")
        inner.add_attachment("付録の文".encode(), maintype="text", subtype="plain", filename="付録.txt")
        message = EmailMessage()
        message["Subject"] = "資料"
        message.set_content("添付をご覧ください。\n")
        for content in ((tmp_path / "規則.docx").read_bytes(), b"PK\x03\x04broken"):
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename="規則.docx")
        message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="図.png")
        message.add_attachment(inner)
        path = tmp_path / "案内.eml"
        path.write_bytes(message.as_bytes())
        documents, unread, left_out = load(path)
        assert list(documents) == ["", "!/規則.docx", "!/添付4.eml", "!/添付4.eml!/付録.txt"]
        assert documents[""] == "件名: 資料\n\n添付をご覧ください。\n"
        assert documents["!/添付4.eml"] == "件名: 元のメール\n\n転送された文。\n"
        assert "二十日" in documents["!/規則.docx"]
        assert list(unread) == ["!/規則.docx (2)"]
        assert [each.losses.left_out for each in left_out] == [("画像 1",)]


LINES = [
    {"id": "r1", "title": "就業規則", "text": "第1条（休暇）\n休暇は二十日とする。\n"},
    {"title": "食堂の案内", "text": "定食は六百円です。"},
    {"text": "題のない文書。"},
]


def dump(lines: list[dict[str, str]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


class TestJsonLines:
    def test_an_id_may_begin_with_a_dot(self, tmp_path: Path) -> None:
        path = tmp_path / "docs.jsonl"
        path.write_text(dump([{"id": ".NET 入門", "text": "手引き。"}, {"id": "~$", "text": "符号。"}]), "utf-8")
        assert load(path)[:2] == ({"!/.NET 入門": "手引き。", "!/~$": "符号。"}, {})

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
    def test_every_line_is_a_document_in_any_encoding(self, encoding: str, tmp_path: Path) -> None:
        path = tmp_path / "文書.jsonl"
        path.write_bytes(dump(LINES).encode(encoding))
        found = [each for each in load_documents(path) if isinstance(each, Document)]
        assert [each.source.removeprefix(str(path)) for each in found] == ["!/r1", "!/2", "!/3"]
        assert [each.title for each in found] == ["就業規則", "食堂の案内", "文書 3"]
        assert [each.text for each in found] == [line["text"] for line in LINES]
        assert found[0].heading_at(12) == ("第1条（休暇）",)
        assert found[0].metadata["format"] == "jsonl"

    @pytest.mark.parametrize(("suffix", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
    def test_packed_lines(self, suffix: str, pack, tmp_path: Path) -> None:
        path = tmp_path / f"文書.jsonl{suffix}"
        path.write_bytes(pack(dump(LINES).encode()))
        assert list(load(path)[0].values()) == [line["text"] for line in LINES]
        path.write_bytes(pack(dump(LINES * 9).encode())[:-20])
        _, unread, _ = load(path)
        assert "its compression is damaged" in unread[""]

    def test_lines_that_are_no_documents_are_named(self, tmp_path: Path) -> None:
        path = tmp_path / "文書.jsonl"
        path.write_text(dump(LINES[:1]) + "{broken\n\n" + '{"title": "題だけ"}\n' + dump(LINES[1:2]), "utf-8")
        documents, unread, _ = load(path)
        assert list(documents) == ["!/r1", "!/5"]
        assert "in line 2, column 2" in unread["!/2"]
        assert "4 行目に文章（text）がありません" in unread["!/4"]

    def test_broken_bytes_of_a_line_are_counted(self, tmp_path: Path) -> None:
        path = tmp_path / "文書.jsonl"
        text = "休暇は年に二十日とし、部長が認める。" * 20
        lines = [dump([{"id": name, "text": text}]).encode("cp932") for name in "ab"]
        path.write_bytes(lines[0] + lines[1].replace("部長".encode("cp932"), b"\x85\x39\x85\x39", 1))
        found = [each for each in load_documents(path) if isinstance(each, Document)]
        assert [each.losses.undecodable for each in found] == [0, 2]

    def test_other_lines_are_one_document(self, tmp_path: Path) -> None:
        path = tmp_path / "値段.jsonl.gz"
        path.write_bytes(gzip.compress(dump([{"品": "茶", "値": "300"}, {"品": "豆", "値": "900"}]).encode()))
        assert load(path)[0] == {"": "品 | 値\n品：茶、値：300。\n品：豆、値：900。\n"}

    def test_ids_that_come_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "文書.jsonl"
        path.write_text(dump([{"id": "a", "text": "一"}, {"id": "a", "text": "二"}]), "utf-8")
        assert load(path)[0] == {"!/a": "一", "!/a (2)": "二"}

    def test_a_large_file_is_not_held_in_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "文書.jsonl.gz"
        line = dump([{"text": "倉庫の棚卸しは毎月行う。" * 2000}]).encode()
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(600):
                file.write(line)
        tracemalloc.start()
        count = sum(1 for _ in load_documents(path))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 600
        assert peak < 16 * 2**20 < 600 * len(line)

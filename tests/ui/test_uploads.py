from __future__ import annotations

import gzip
import json
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.errors import ArgumentError, LibraryError
from rag.library.library import Library
from rag.ui.uploads import FOLDER, UploadReport, add_uploads, build_file_name, remove_document
from rag.ui.words import load_words
from tests.documents.written_files import build_zip

WORDS = load_words("ja")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", settings=Settings()) as opened:
        yield opened


def give(tmp_path: Path, name: str, content: str | bytes) -> Path:
    """Lay a file down where the page keeps what a browser sends."""
    folder = tmp_path / "sent" / str(len(list(tmp_path.glob("sent/*"))))
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


def stored(library: Library) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (library.folder / FOLDER).iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("就業規則.pdf", "就業規則.pdf"),
        (unicodedata.normalize("NFD", "ガイド.txt"), "ガイド.txt"),
        ("../../etc/passwd.txt", "_.._etc_passwd.txt"),
        ("..\\x.txt", "_x.txt"),
        (".隠し.txt", "隠し.txt"),
        ("a\u202etxt.exe", "a_txt.exe"),
        ('a<b>"c".txt', "a_b__c_.txt"),
        ("末尾. ", "末尾"),
    ],
)
def test_file_names_are_made_safe(given: str, expected: str) -> None:
    assert build_file_name(given) == expected


@pytest.mark.parametrize("given", ["", "...", "/", "///.txt", "\x00"])
def test_names_of_which_nothing_is_left_are_refused(given: str) -> None:
    with pytest.raises(ArgumentError, match="no usable file name"):
        build_file_name(given)


def test_too_long_names_are_refused() -> None:
    with pytest.raises(ArgumentError, match="over 240 bytes"):
        build_file_name("あ" * 80 + ".txt")


def test_good_files_go_in_and_bad_ones_do_not_stay(library: Library, tmp_path: Path) -> None:
    files = [give(tmp_path, "甲.txt", "甲の本文"), give(tmp_path, "空.txt", ""), give(tmp_path, "....", "x")]
    report = add_uploads(library, files, WORDS)
    assert (report.added, report.updated, report.unchanged) == (1, 0, 0)
    assert [name for name, _ in report.failed] == ["....", "空.txt"]
    assert report.failed[0][1] == WORDS["report_name"]
    # The name stands before the reason already, and where we keep files is nobody's business.
    assert report.failed[1][1].startswith("空のファイルです")
    assert str(library.folder) not in report.failed[1][1]
    assert stored(library) == {"甲.txt": "甲の本文"}
    assert [entry.title for entry in library.documents()] == ["甲の本文"]


def test_a_file_of_the_same_name_replaces_the_old_one(library: Library, tmp_path: Path) -> None:
    add_uploads(library, [give(tmp_path, "甲.txt", "第一版")], WORDS)
    assert add_uploads(library, [give(tmp_path, "甲.txt", "第一版")], WORDS) == UploadReport(unchanged=1)
    assert add_uploads(library, [give(tmp_path, "甲.txt", "第二版")], WORDS) == UploadReport(updated=1)
    assert stored(library) == {"甲.txt": "第二版"}
    assert [entry.title for entry in library.documents()] == ["第二版"]


def test_an_unreadable_replacement_leaves_the_old_file(library: Library, tmp_path: Path) -> None:
    add_uploads(library, [give(tmp_path, "甲.txt", "第一版")], WORDS)
    report = add_uploads(library, [give(tmp_path, "甲.txt", "")], WORDS)
    assert [name for name, _ in report.failed] == ["甲.txt"]
    assert stored(library) == {"甲.txt": "第一版"}
    assert [entry.title for entry in library.documents()] == ["第一版"]


def test_two_files_of_one_name_at_once(library: Library, tmp_path: Path) -> None:
    report = add_uploads(library, [give(tmp_path, "甲.txt", "第一版"), give(tmp_path, "甲.txt", "第二版")], WORDS)
    assert report == UploadReport(added=1, failed=(("甲.txt", WORDS["report_twice"]),))
    assert stored(library) == {"甲.txt": "第一版"}


def test_members_that_are_gone_are_counted(library: Library, tmp_path: Path) -> None:
    add_uploads(library, [give(tmp_path, "束.zip", build_zip({"甲.txt": b"a", "乙.txt": b"b"}))], WORDS)
    report = add_uploads(library, [give(tmp_path, "束.zip", build_zip({"甲.txt": b"a"}))], WORDS)
    assert report == UploadReport(unchanged=1, removed=1)


def test_a_member_that_was_removed_comes_back_with_the_archive(library: Library, tmp_path: Path) -> None:
    archive = build_zip({"甲.txt": "甲".encode(), "乙.txt": "乙".encode()})
    add_uploads(library, [give(tmp_path, "束.zip", archive)], WORDS)
    remove_document(library, library.documents()[0].id)
    assert add_uploads(library, [give(tmp_path, "束.zip", archive)], WORDS) == UploadReport(added=1, unchanged=1)


def test_a_file_that_breaks_off_stays_as_long_as_there_is_a_document_of_it(library: Library, tmp_path: Path) -> None:
    # What is looked at first is a mebibyte: the damage has to lie behind it.
    lines = "".join(
        json.dumps({"text": f"{number}番。", "more": secrets.token_hex(20_000)}) + "\n" for number in range(40)
    )
    packed = gzip.compress(lines.encode())
    report = add_uploads(library, [give(tmp_path, "束.jsonl.gz", packed[: len(packed) * 9 // 10])], WORDS)
    assert report.added > 0
    assert [name for name, _ in report.failed] == ["束.jsonl.gz"]
    assert [path.name for path in (library.folder / FOLDER).iterdir()] == ["束.jsonl.gz"]


def test_an_archive_stays_as_long_as_there_is_a_document_of_it(library: Library, tmp_path: Path) -> None:
    archive = build_zip({"甲.txt": "甲".encode(), "乙.txt": "乙".encode(), "空.txt": b"", "図.png": b"1"})
    report = add_uploads(library, [give(tmp_path, "束.zip", archive)], WORDS)
    assert (report.added, [name for name, _ in report.failed]) == (2, ["束.zip!/空.txt"])
    assert report.failed[0][1].startswith("空のファイルです")
    assert report.lost == (("束.zip", "画像 1 は読んでいません"),)
    english = add_uploads(library, [give(tmp_path, "束.zip", archive)], load_words("en"))
    assert english.lost == (("束.zip", "not read: pictures 1"),)
    copy = library.folder / FOLDER / "束.zip"
    first, second = library.documents()
    remove_document(library, first.id)
    assert copy.exists()
    remove_document(library, second.id)
    assert not copy.exists()


def test_removal_deletes_the_copy_but_no_other_file(library: Library, tmp_path: Path) -> None:
    own = give(tmp_path, "自分.txt", "自分の本文")
    library.add([own])
    add_uploads(library, [give(tmp_path, "甲.txt", "甲の本文")], WORDS)
    titles = [remove_document(library, entry.id) for entry in library.documents()]
    assert titles == ["自分の本文", "甲の本文"]
    assert own.exists()
    assert stored(library) == {}
    assert library.documents() == []
    with pytest.raises(LibraryError, match="'none': no such document"):
        remove_document(library, "none")

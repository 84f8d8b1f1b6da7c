"""Finding files, and what is said of files that cannot be loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.documents.loading import find_files, load_document, supported_suffixes
from rag.errors import DocumentError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("本文です。\n", "utf-8")


def find_names(folder: Path, *paths: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_files(paths or [folder])]


class TestFindFiles:
    def test_folders_are_searched_in_order_of_paths(self, tmp_path: Path) -> None:
        touch(tmp_path, "b.txt", "a/z.md", "a/b/c.html", "a.pdf", "い.docx", "あ/う.TXT")
        expected = ["a/b/c.html", "a/z.md", "a.pdf", "b.txt", "あ/う.TXT", "い.docx"]
        assert find_names(tmp_path) == expected

    def test_hidden_and_foreign_files_in_folders_are_left_out(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.txt", ".b.txt", ".git/c.txt", "~$d.docx", "e.png", "txt", "f.txt.bak")
        assert find_names(tmp_path) == ["a.txt"]

    def test_files_come_as_given(self, tmp_path: Path) -> None:
        touch(tmp_path, "b.txt", ".a.txt", "c.png", "d/e.txt")
        paths = [tmp_path / name for name in ("b.txt", "c.png", ".a.txt", "d", "b.txt")]
        assert find_names(tmp_path, *paths) == ["b.txt", "c.png", ".a.txt", "d/e.txt"]

    def test_a_hidden_folder_may_be_given(self, tmp_path: Path) -> None:
        touch(tmp_path, ".notes/a.txt")
        assert find_names(tmp_path, tmp_path / ".notes") == [".notes/a.txt"]

    def test_a_relative_path_stays_relative(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        touch(tmp_path, "d/a.txt")
        monkeypatch.chdir(tmp_path)
        assert find_files([Path("d")]) == [Path("d/a.txt")]

    def test_links_in_a_circle_end(self, tmp_path: Path) -> None:
        touch(tmp_path, "d/a.txt")
        (tmp_path / "d" / "again").symlink_to(tmp_path)
        (tmp_path / "d" / "self.txt").symlink_to("self.txt")
        assert find_names(tmp_path) == ["d/a.txt"]

    def test_linked_folders_are_searched(self, tmp_path: Path) -> None:
        touch(tmp_path, "outside/a.txt", "given/b.txt")
        (tmp_path / "given" / "link").symlink_to(tmp_path / "outside")
        assert find_names(tmp_path, tmp_path / "given") == ["given/b.txt", "given/link/a.txt"]

    def test_a_folder_named_like_a_file_is_no_file(self, tmp_path: Path) -> None:
        touch(tmp_path, "folder.txt/a.md")
        assert find_names(tmp_path) == ["folder.txt/a.md"]

    def test_what_is_not_there_is_named(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.txt")
        missing = tmp_path / "無い"
        with pytest.raises(DocumentError) as error:
            find_files([tmp_path, missing])
        assert str(error.value) == (
            f"{missing}: ファイルもフォルダーもありません。読むものが必要です。パスを確かめてください / "
            "no such file or folder; expected one to read; check the path"
        )

    def test_a_folder_that_cannot_be_read_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(folder: str) -> None:
            raise PermissionError(13, "Permission denied", folder)

        monkeypatch.setattr("os.scandir", refuse)
        with pytest.raises(DocumentError) as error:
            find_files([tmp_path])
        assert str(error.value) == (
            f"{tmp_path}: 読めません（Permission denied）。読めるものが必要です。パスと権限を確かめてください / "
            "cannot be read (Permission denied); expected a readable file or folder; check the path and its rights"
        )

    @pytest.mark.parametrize(
        ("names", "found", "english"),
        [
            ([], "なし", "nothing"),
            ([".隠し.txt"], "なし", "nothing"),
            (["a.ods", "b/c.ODS", "拡張子なし"], ".ods × 2, 拡張子なし × 1", ".ods × 2, 拡張子なし × 1"),
        ],
    )
    def test_a_folder_without_documents_is_named(
        self, names: list[str], found: str, english: str, tmp_path: Path
    ) -> None:
        touch(tmp_path, *names)
        with pytest.raises(DocumentError) as error:
            find_files([tmp_path])
        supported = " ".join(supported_suffixes())
        assert str(error.value) == (
            f"{tmp_path}: 読める文書がありません（見つかったもの: {found}）。{supported} のファイルを入れるか、"
            f"別のフォルダーを指定してください / no document to read in it (found: {english}); expected files ending "
            f"in one of {supported}; put some there, or give another folder"
        )


class TestRefusals:
    def test_missing_file(self, tmp_path: Path) -> None:
        path = tmp_path / "無い.txt"
        with pytest.raises(DocumentError) as error:
            load_document(path)
        assert str(error.value) == (
            f"{path}: ファイルがありません。読めるファイルが必要です。パスを確かめてください / "
            "no such file; expected a file to read; check the path"
        )

    @pytest.mark.parametrize("name", ["folder", "folder.txt"])
    def test_folder(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / name
        path.mkdir()
        with pytest.raises(DocumentError) as error:
            load_document(path)
        assert str(error.value).startswith(f"{path}: フォルダーです。ファイルが必要です。")
        assert " / it is a folder; expected a file; give the files in it" in str(error.value)

    def test_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe.txt"
        os.mkfifo(path)
        with pytest.raises(DocumentError, match="it is a device or pipe; expected a regular file"):
            load_document(path)

    def test_link_to_itself(self, tmp_path: Path) -> None:
        path = tmp_path / "loop.txt"
        path.symlink_to(path)
        with pytest.raises(DocumentError, match=r"loop\.txt: 読めません.* / cannot be read"):
            load_document(path)

    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        touch(tmp_path, "a.txt")
        path = tmp_path / "a.txt"

        def refuse(self: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(DocumentError) as error:
            load_document(path)
        assert str(error.value).startswith(f"{path}: 読む権限がありません。")
        assert " / no permission to read it; expected a readable file; change its" in str(error.value)

    @pytest.mark.parametrize("name", ["表.ods", "画像.png", "拡張子なし", ".txt"])
    def test_unsupported_suffix(self, name: str, tmp_path: Path) -> None:
        touch(tmp_path, name)
        with pytest.raises(DocumentError) as error:
            load_document(tmp_path / name)
        suffix = (tmp_path / name).suffix
        supported = " ".join(supported_suffixes())
        assert str(error.value).startswith(f"{tmp_path / name}: 拡張子 {suffix!r} のファイルには対応していません。")
        assert f" / files ending in {suffix!r} are not supported; expected one of {supported}; con" in str(error.value)

    def test_binary_named_text(self, tmp_path: Path) -> None:
        path = tmp_path / "画像.txt"
        path.write_bytes(bytes(range(200)))
        with pytest.raises(
            DocumentError,
            match=r"画像\.txt: バイナリです（0 バイト目に NUL）。.* / it is binary, with a NUL byte at offset 0",
        ):
            load_document(path)

    @pytest.mark.parametrize("data", [b" \n\t", "\u3000\u3000\n".encode(), b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
    def test_white_space_only(self, data: bytes, tmp_path: Path) -> None:
        path = tmp_path / "空白.txt"
        path.write_bytes(data)
        with pytest.raises(
            DocumentError,
            match=r"空白\.txt: 文章がありません.* / it holds no text, only white space or markup; expected",
        ):
            load_document(path)

    def test_page_of_scripts_only(self, tmp_path: Path) -> None:
        path = tmp_path / "app.html"
        path.write_text("<html><head><title>題</title></head><body><script>run()</script></body></html>", "utf-8")
        with pytest.raises(DocumentError, match=r"it holds no text, only white space or markup"):
            load_document(path)

    def test_cause_is_kept(self, tmp_path: Path) -> None:
        with pytest.raises(DocumentError) as error:
            load_document(tmp_path / "無い.txt")
        assert isinstance(error.value.__cause__, FileNotFoundError)


class TestPlainText:
    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\f", "\v", "\x85"])
    def test_every_line_end_becomes_one(self, ending: str, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(f"一行目{ending}二行目{ending}".encode())
        assert load_document(path).text == "一行目\n二行目\n"

    def test_characters_stay_as_written(self, tmp_path: Path) -> None:
        text = "ＡＢＣ１２３ ｶﾞ か\u3099 ㍻ ﬁ é 👨‍👩‍👧 葛\U000e0100飾 𠮟る\u3000 \u200b\n"
        path = tmp_path / "a.txt"
        path.write_text(text, "utf-8")
        assert load_document(path).text == text

    def test_headings_of_a_rule(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text("就業規則\n第1章　総則\n\n第1条（目的）\nこの規則は…\n附則\n", "utf-8")
        document = load_document(path)
        assert [(anchor.label, anchor.level, anchor.start) for anchor in document.anchors] == [
            ("第1章 総則", 2, 5),
            ("第1条（目的）", 6, 13),
            ("附則", 1, 28),
        ]

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("\n\n  就業規則\n本文。", "就業規則"),
            ("あ" * 61 + "\n第1章　総則\n本文。", "第1章 総則"),
            ("あ" * 61, "社内規程"),
            ("この規則は社員の働き方を定める。\n第1章　総則\n本文。", "社内規程"),
            ("休暇は十日です\n届は前日までに出す", "社内規程"),
            ("「休みます。」\n本文。", "社内規程"),
            ("この規則は、社員の働き方を、\n定める。", "社内規程"),
            ("「つながる。」計画\n本文。", "「つながる。」計画"),
        ],
    )
    def test_title(self, text: str, title: str, tmp_path: Path) -> None:
        path = tmp_path / "社内規程.txt"
        path.write_text(text, "utf-8")
        assert load_document(path).title == title

    def test_source_is_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        touch(tmp_path, "a.txt")
        monkeypatch.chdir(tmp_path)
        assert load_document(Path("a.txt")).source == str(tmp_path.resolve() / "a.txt")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.txt", "規程の本文。" * 800_000),
        ("a.txt", "あ" * 5_000_000),
        ("a.txt", "第1条 " * 1_200_000),
        ("a.md", "規程の本文。" * 800_000),
        ("a.html", "<p>" + "規程の本文。" * 800_000),
        ("a.html", "<div>あ" * 30_000),
    ],
)
def test_one_huge_line_takes_linear_time(name: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(line, "utf-8")
    begin = time.process_time()
    text = load_document(path).text
    # Linear is well under a second here; a quadratic step would take hours.
    assert time.process_time() - begin < 30
    assert text.count(line[-1]) == line.count(line[-1])


def test_importing_loads_no_parser() -> None:
    names = ["pypdfium2", "docx", "bs4", "markdown_it", "charset_normalizer", "lxml", "torch"]
    code = f"import sys, rag.documents.loading; print([name for name in {names} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

"""The subcommands that keep a library in order."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag import Library
from rag.cli import main
from rag.config.settings import Settings
from rag.ingest.file_readers import FileReaders
from rag.ingest.limits import READING_LIMITS, ReadingLimits

ROOT = Path(__file__).parents[2]
RULES = (
    "青空商会 旅費規程\n\n国内の宿泊費は一泊一万二千円を上限とする。\n旅費の精算は帰社した日から十日以内に申し出る。\n"
)
MENU = "食堂だより\n\n日替わり定食は六百円である。\n食堂の宿泊者割引は百円である。\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "文書"
    (folder / "規程").mkdir(parents=True)
    (folder / "規程" / "旅費.txt").write_text(RULES, encoding="utf-8")
    (folder / "食堂.md").write_text(MENU, encoding="utf-8")
    for path in (folder / "規程" / "旅費.txt", folder / "食堂.md"):
        os.utime(path, (1_700_000_000.5, 1_700_000_000.5))
    return folder


@pytest.fixture
def place(tmp_path: Path, files: Path) -> list[str]:
    place = ["--library", str(tmp_path / "library")]
    assert main(["ingest", str(files), "--tag", "部署=総務", *place, "--quiet"]) == 0
    return place


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_tags_and_filters(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    _, listed = run_json(capsys, "documents", *place)
    assert [entry["tags"] for entry in listed["documents"]] == [{"部署": "総務"}] * 2
    menu = next(entry["id"] for entry in listed["documents"] if entry["title"] == "食堂だより")
    assert run_json(capsys, "tag", menu, "部署=食堂", "季節=夏", *place)[1]["tags"] == {"季節": "夏", "部署": "食堂"}
    assert run_json(capsys, "tag", menu, "--remove", "季節", *place)[1]["tags"] == {"部署": "食堂"}
    assert main(["documents", *place]) == 0
    assert "部署=食堂" in capsys.readouterr().out.replace("\n", "")

    def find(*conditions: str) -> set[str]:
        where = [argument for condition in conditions for argument in ("--where", condition)]
        return {hit["title"] for hit in run_json(capsys, "search", "宿泊", *where, *place)[1]["hits"]}

    assert find() == {"青空商会 旅費規程", "食堂だより"}
    assert find("部署=食堂") == {"食堂だより"}
    assert find("path=規程/*", "modified>=2023-11") == {"青空商会 旅費規程"}
    assert find("部署=食堂", "format=txt") == set()
    _, answer = run_json(capsys, "ask", "宿泊費の上限はいくらですか", "--where", "部署=食堂", *place)
    assert {passage["document"] for passage in answer["passages"]} == {menu}
    assert main(["search", "宿泊", "--where", "部署~食堂", *place]) == 2
    assert "expected KEY, one of = != >= <= > <" in capsys.readouterr().err
    assert main(["tag", menu, *place]) == 2
    assert main(["tag", menu, "title=x", *place]) == 2


def test_python_takes_filters_too(place: list[str]) -> None:
    with Library.open(place[1], settings=Settings()) as library:
        ids = {entry.title: entry.id for entry in library.documents()}
        hits = library.search("宿泊", where="format=md", documents=list(ids.values()))
        assert {hit.document_id for hit in hits} == {ids["食堂だより"]}
        assert library.search("宿泊", where=["format=md", "path=規程/*"]) == []
        answer = library.ask("宿泊費の上限はいくらですか", where="format=txt")
        assert answer.text == "一泊一万二千円"


def test_sync_says_what_it_does_and_would_do(place: list[str], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "食堂.md").rename(files / "規程" / "食堂.md")
    (files / "新.txt").write_text("新しい文書である。", encoding="utf-8")
    (files / "規程" / "旅費.txt").unlink()
    _, tried = run_json(capsys, "sync", str(files), "--dry-run", *place)
    _, done = run_json(capsys, "sync", str(files), *place)
    for report in (tried, done):
        assert report["added"] == [str(files / "新.txt")]
        assert report["moved"] == [{"from": str(files / "食堂.md"), "to": str(files / "規程" / "食堂.md")}]
        assert report["removed"] == [str(files / "規程" / "旅費.txt")]
    assert (tried["dry_run"], done["dry_run"], tried["documents"], done["documents"]) == (True, False, 2, 2)
    (files / "壊.pdf").write_bytes(b"PK\x03\x04")
    assert main(["sync", str(files), *place, "--quiet"]) == 2
    shown = capsys.readouterr()
    assert "失敗 1" in shown.out
    assert "壊.pdf" in shown.err
    assert main(["sync", str(files / "無い"), *place]) == 2
    assert main(["sync", str(files), "--dry-run", "--library", str(files.parent / "none")]) == 2


def test_sync_says_what_was_lost(place: list[str], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "傷.txt").write_bytes((RULES * 9).encode("cp932") + b"\xff")
    assert main(["sync", str(files), *place, "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "取り込めなかったものの合計 / in all（1 件）: 読めないバイト 1 / unreadable bytes: 1" in shown
    (files / "傷二.txt").write_bytes((MENU * 9).encode("cp932") + b"\xff")
    _, report = run_json(capsys, "sync", str(files), *place)
    assert [(entry["source"], entry["losses"]["undecodable"]) for entry in report["losses"]] == [
        (str(files / "傷二.txt"), 1)
    ]
    assert run_json(capsys, "sync", str(files), *place)[1]["losses"] == []


def test_sync_reads_within_the_limits_of_the_settings(
    place: list[str], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[ReadingLimits] = []
    begin = FileReaders.__init__

    def note(self: FileReaders, limits: ReadingLimits = READING_LIMITS) -> None:
        used.append(limits)
        begin(self, limits)

    monkeypatch.setattr(FileReaders, "__init__", note)
    (files / "食堂.md").rename(files / "献立.md")
    (files / "新.txt").write_text("新しい文書である。", encoding="utf-8")
    with Library.open(place[1], settings=Settings(reading_seconds=77, reading_memory=999)) as library:
        report = library.sync(files)
    assert (len(report.moved), report.added) == (1, (str(files / "新.txt"),))
    assert set(used) == {ReadingLimits(77, 999 * 2**20)}


def test_what_did_not_change_needs_no_model(place: list[str], files: Path) -> None:
    code = (
        "import sys; from rag.cli import main;"
        "print(main(['ingest', sys.argv[1], *sys.argv[2:]]), main(['sync', sys.argv[1], *sys.argv[2:]]),"
        "'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(files), *place, "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 0 False"
    assert "変更なし 2" in done.stdout


def test_watching_follows_until_interrupted(place: list[str], files: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "sync", str(files), "--watch", "--json", "--quiet", *place],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["documents"] == 2
    (files / "新.txt").write_text("新しい文書である。", encoding="utf-8")
    assert json.loads(process.stdout.readline())["added"] == [str(files / "新.txt")]
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    with Library.open(place[1], settings=Settings()) as library:
        assert library.verify() == []
        assert library.statistics().documents == 3


def test_damage_is_found_and_mended(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(Path(place[1]) / "catalog.sqlite")) as connection, connection:
        connection.execute("DELETE FROM chunk_terms")
        connection.execute("UPDATE chunks SET vector = x'00' WHERE id = 1")
    code, found = run_json(capsys, "verify", *place)
    assert (code, found["clean"]) == (1, False)
    assert all("rag repair" in problem for problem in found["problems"])
    code, mended = run_json(capsys, "repair", *place)
    assert (code, mended["clean"], mended["problems"]) == (0, True, [])
    assert any("embedded anew" in line for line in mended["done"])
    assert main(["repair", *place]) == 0
    assert "clean" in capsys.readouterr().out
    assert main(["verify", *place]) == 0


def test_windows_are_cut_anew_by_the_settings(place: list[str]) -> None:
    with closing(sqlite3.connect(Path(place[1]) / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE documents SET windowing = 'x'")
        connection.execute("DELETE FROM chunks")
    with Library.open(place[1], settings=Settings(size=300, stride=100, context="heading")) as library:
        assert library.repair().left == ()
        ids = [entry.id for entry in library.documents()]
        assert {library.index.load_windows(document_id)[0] for document_id in ids} == {"300/100 characters heading"}


def test_what_was_removed_comes_back_with_its_file(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "束.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("貸出.txt", "本は二週間貸す。\n")
        packed.writestr("返却.txt", "本は窓口へ返す。\n")
    mail = tmp_path / "便り.eml"
    mail.write_text("From: a@example.com\nSubject: 便り\n\n窓口は九時に開く。\n", encoding="utf-8")
    plain = tmp_path / "休館.txt"
    plain.write_text("月曜日は休館である。\n", encoding="utf-8")
    for path in (archive, mail, plain):
        os.utime(path, (1_700_000_000.5, 1_700_000_000.5))
    sources = {str(plain): plain, str(mail): mail, f"{archive}!/返却.txt": archive}
    main(["ingest", str(archive), str(mail), str(plain), *place, "--quiet"])
    ids = {entry["source"]: entry["id"] for entry in run_json(capsys, "documents", *place)[1]["documents"]}
    for source, path in sources.items():
        assert main(["remove", ids[source], *place]) == 0
        report = run_json(capsys, "ingest", str(path), *place, "--quiet")[1]
        assert report["added"] == [ids[source]]
    report = run_json(capsys, "ingest", str(archive), *place, "--quiet")[1]
    assert (report["added"], len(report["unchanged"])) == ([], 2)
    assert main(["remove", ids[f"{archive}!/返却.txt"], *place]) == 0
    archive.unlink()
    gone = run_json(capsys, "sync", str(tmp_path), "--dry-run", *place)[1]["removed"]
    assert gone == [f"{archive}!/貸出.txt"]


def test_a_library_moves_in_one_file(place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, other = str(tmp_path / "書庫.zip"), ["--library", str(tmp_path / "other")]
    assert run_json(capsys, "export", file, *place)[1]["lost"] == []
    assert run_json(capsys, "import", file, *other)[1]["documents"] == 2
    before = run_json(capsys, "search", "宿泊費", *place)[1]
    assert run_json(capsys, "search", "宿泊費", *other)[1] == before
    assert main(["import", file, *other]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["import", file, *other, "--replace"]) == 0
    assert run_json(capsys, "search", "宿泊費", *other)[1] == before
    assert main(["verify", *other]) == 0


def test_a_touched_file_is_noted_without_a_model(place: list[str], files: Path) -> None:
    os.utime(files / "食堂.md", (1_700_000_100.5, 1_700_000_100.5))
    with Library.open(place[1], settings=Settings()) as library:
        assert library.sync(files).is_idle
        assert library._encoder is None
        [known] = [file for source, file in library._any_index.load_known_files().items() if source.endswith(".md")]
        assert known.state.modified == 1_700_000_100_500_000_000

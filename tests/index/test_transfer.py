"""A library in one file: whole, checked, and refused when it is anything else."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.index import transfer
from rag.index.library_index import LibraryIndex
from rag.index.place import CATALOG_NAME
from rag.index.schema import SCHEMA_VERSION
from rag.index.transfer import export_library, import_library
from tests.conformance.search_index import TEXTS, build_document, build_vectors, split
from tests.index.conftest import Open, add, open_index
from tests.index.older import build_older_library


@pytest.fixture
def exported(index: LibraryIndex, folder: Path, tmp_path: Path) -> Path:
    index.tag_document(index.list_documents()[0].id, {"部署": "総務"})
    (folder / "library.json").write_text('{"size": 300}', encoding="utf-8")
    assert export_library(folder, tmp_path / "書庫.zip") == []
    return tmp_path / "書庫.zip"


def find_texts(index: LibraryIndex) -> dict[str, str]:
    return {entry.title: index.load_text(entry.id) for entry in index.list_documents()}


def test_a_library_comes_back_whole(exported: Path, index: LibraryIndex, tmp_path: Path) -> None:
    import_library(exported, tmp_path / "別" / "蔵書")
    with open_index(tmp_path / "別" / "蔵書") as other:
        assert other.list_documents() == index.list_documents()
        assert find_texts(other) == TEXTS
        query = build_vectors(1, 42)[0]
        assert other.search_dense(query, k=9) == index.search_dense(query, k=9)
        assert other.search_lexical("通勤手当", k=9) == index.search_lexical("通勤手当", k=9)
        assert other.verify() == []
        with closing(sqlite3.connect(tmp_path / "別" / "蔵書" / CATALOG_NAME)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert (tmp_path / "別" / "蔵書" / "library.json").read_text(encoding="utf-8") == '{"size": 300}'
    assert not list((tmp_path / "別" / "蔵書").glob(".import-*"))
    with zipfile.ZipFile(exported) as archive:
        assert sorted(archive.namelist()) == ["catalog.sqlite", "export.json", "library.json"]


@pytest.mark.parametrize("brought", ['{"size": 300}', None], ids=["settings", "no settings"])
def test_settings_of_a_replaced_library_do_not_stay(
    index: LibraryIndex, folder: Path, tmp_path: Path, brought: str | None
) -> None:
    if brought is not None:
        (folder / "library.json").write_text(brought, encoding="utf-8")
    export_library(folder, tmp_path / "書庫.zip")
    target = tmp_path / "今の"
    with open_index(target) as replaced:
        add(replaced, "今", "今の一文目。今の二文目。", seed=3)
    (target / "library.json").write_text('{"size": 777}', encoding="utf-8")
    import_library(tmp_path / "書庫.zip", target, replace=True)
    settings = target / "library.json"
    assert (settings.read_text(encoding="utf-8") if settings.exists() else None) == brought


def test_what_others_write_meanwhile_is_in_it_whole_or_not_at_all(
    index: LibraryIndex, folder: Path, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            add(index, "新", f"第{turn}版の一文目。第{turn}版の二文目。", seed=turn)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for turn in range(5):
            export_library(folder, tmp_path / "書庫.zip")
            import_library(tmp_path / "書庫.zip", tmp_path / f"写し{turn}")
    finally:
        stop.set()
        thread.join()
    for turn in range(5):
        with open_index(tmp_path / f"写し{turn}") as copy:
            assert copy.verify() == []
            assert find_texts(copy).items() >= TEXTS.items()


def test_a_library_with_documents_is_only_replaced_when_told_to(exported: Path, tmp_path: Path) -> None:
    target = tmp_path / "今の"
    with open_index(target) as live:
        add(live, "今", "今の一文目。今の二文目。", seed=3)
        near = build_vectors(2, 0)[0]
        assert live.search_dense(near, k=1)[0].chunk_id in (1, 2)
        with pytest.raises(LibraryError, match=r"holds a library of 1 documents; .*--replace"):
            import_library(exported, target)
        assert find_texts(live) == {"今": "今の一文目。今の二文目。"}
        import_library(exported, target, replace=True)
        # Who has it open finds the new windows, not vectors of old ones under the same ids.
        [best] = live.search_dense(near, k=1)
        assert best.score == pytest.approx(1, abs=2e-3)
        assert live.load_chunks([best.chunk_id])[0].text == "年次有給休暇は六か月の勤務の後に十日与える。"
        assert min(match.chunk_id for match in live.search_dense(near, k=9)) > 2
        assert find_texts(live) == TEXTS
        assert len(live.search_lexical("通勤手当", k=1)) == 1
        assert live.verify() == []
        add(live, "後", "後の一文目。後の二文目。", seed=4)
        assert live.verify() == []


def test_an_empty_library_is_filled(exported: Path, tmp_path: Path) -> None:
    open_index(tmp_path / "空", name="模型B", fingerprint="e" * 16).close()
    import_library(exported, tmp_path / "空")
    with open_index(tmp_path / "空") as index:
        assert find_texts(index) == TEXTS


def test_an_older_library_is_brought_forward(tmp_path: Path) -> None:
    build_older_library(tmp_path / "古い", schema=1)
    shutil.copytree(tmp_path / "古い", tmp_path / "原本")
    export_library(tmp_path / "古い", tmp_path / "書庫.zip")
    import_library(tmp_path / "書庫.zip", tmp_path / "新しい")
    with open_index(tmp_path / "新しい") as index:
        assert find_texts(index) == TEXTS
        assert index.verify() == []


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def describe(members: dict[str, bytes]) -> dict[str, object]:
    description: dict[str, object] = json.loads(members["export.json"])
    return description


def put_catalog(members: dict[str, bytes], data: bytes) -> None:
    import hashlib

    description = json.loads(members["export.json"])
    members["catalog.sqlite"] = data
    description["members"]["catalog.sqlite"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    members["export.json"] = json.dumps(description).encode()


def change_catalog(members: dict[str, bytes], tmp_path: Path, *statements: str) -> None:
    path = tmp_path / "changed.sqlite"
    path.write_bytes(members["catalog.sqlite"])
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    put_catalog(members, path.read_bytes())


REFUSALS: dict[str, tuple[Callable[[dict[str, bytes], Path], object], str]] = {
    "catalog-changed": (
        lambda members, _: members.update({"catalog.sqlite": members["catalog.sqlite"][:-1] + b"x"}),
        r"is damaged \(the checksum of catalog.sqlite",
    ),
    "catalog-short": (
        lambda members, _: members.update({"catalog.sqlite": members["catalog.sqlite"][:-1]}),
        r"is damaged \(catalog.sqlite has [\d,]+ bytes instead of",
    ),
    "settings-changed": (lambda members, _: members.update({"library.json": b'{"size": 999}'}), "checksum of library"),
    "no-description": (lambda members, _: members.pop("export.json"), "is no exported library"),
    "broken-description": (lambda members, _: members.update({"export.json": b"{"}), "is no exported library"),
    "foreign-description": (lambda members, _: members.update({"export.json": b"[]"}), "is no exported library"),
    "other-format": (
        lambda members, _: members.update({"export.json": b'{"format": "x", "version": 1, "members": {}}'}),
        "is no exported library",
    ),
    "newer-format": (
        lambda members, _: members.update({"export.json": json.dumps(describe(members) | {"version": 99}).encode()}),
        "newer version of this program .format 99",
    ),
    "more-members": (lambda members, _: members.update({"../悪い.txt": b"x"}), "does not hold what it says"),
    "no-database": (lambda members, _: put_catalog(members, b"text" * 5000), "is damaged .*not a database"),
    "newer-schema": (
        lambda members, place: change_catalog(members, place, f"PRAGMA user_version = {SCHEMA_VERSION + 1}"),
        "newer version of this program .schema",
    ),
    "other-database": (
        lambda members, place: change_catalog(members, place, "PRAGMA application_id = 7"),
        "database of another program",
    ),
    "trigger": (
        lambda members, place: change_catalog(
            members, place, "CREATE TRIGGER t AFTER INSERT ON tags BEGIN DELETE FROM documents; END"
        ),
        "triggers or views",
    ),
    "damaged-pages": (
        lambda members, _: put_catalog(members, members["catalog.sqlite"][:12288] + b"\xff" * 8192),
        "is damaged",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_no_sound_export_is_refused(
    exported: Path, tmp_path: Path, change: Callable[[dict[str, bytes], Path], object], message: str
) -> None:
    rewrite(exported, lambda members: change(members, tmp_path))
    target = tmp_path / "今の"
    with open_index(target) as live:
        add(live, "今", "今の一文目。今の二文目。", seed=3)
        with pytest.raises(LibraryError, match=message):
            import_library(exported, target, replace=True)
        assert find_texts(live) == {"今": "今の一文目。今の二文目。"}
        assert live.verify() == []
    assert not list(target.glob(".import-*"))
    assert not (target / "library.json").exists()


@pytest.mark.parametrize("content", [b"", b"no zip at all", None], ids=["empty", "text", "cut-off"])
def test_what_is_no_archive_is_refused(exported: Path, tmp_path: Path, content: bytes | None) -> None:
    data = exported.read_bytes()
    exported.write_bytes(data[: len(data) // 2] if content is None else content)
    with pytest.raises(LibraryError, match="is damaged"):
        import_library(exported, tmp_path / "先")
    with pytest.raises(LibraryError, match="no such file"):
        import_library(tmp_path / "無い.zip", tmp_path / "先")


def test_a_bomb_is_refused_before_it_is_unpacked(exported: Path, tmp_path: Path) -> None:
    size = transfer._SMALL * 4
    rewrite(exported, lambda members: put_catalog(members, bytes(size)))
    assert exported.stat().st_size < 2 << 20
    with pytest.raises(LibraryError, match=f"would unpack to {size:,} bytes, as no library does"):
        import_library(exported, tmp_path / "先")
    assert [path.name for path in (tmp_path / "先").iterdir()] == []


def test_a_disk_without_room_is_told_before(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 5, 5))
    with pytest.raises(LibraryError, match="which are not free at"):
        import_library(exported, tmp_path / "先")


def test_an_export_that_cannot_be_written_leaves_the_older_one(
    exported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exported.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer, "_write_archive", fail)
    with pytest.raises(LibraryError, match=r"cannot be written \(No space left on device\)"):
        export_library(folder, exported)
    assert exported.read_bytes() == before
    assert [path.name for path in exported.parent.iterdir() if path.name.startswith((".export", "書庫"))] == [
        "書庫.zip"
    ]


def test_of_a_damaged_library_what_can_be_read_is_saved(
    index: LibraryIndex, folder: Path, tmp_path: Path, reopen: Open
) -> None:
    for number in range(8):
        add(index, f"長い{number}", f"{number}番の長い文書である" * 900 + "。二文目。", seed=number)
    index.close()
    path = folder / CATALOG_NAME
    data = bytearray(path.read_bytes())
    page = data.index("3番の長い文書".encode()) // 4096 + 1
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(LibraryError, match=r"is damaged .*rag export FILE.zip --readable"):
        export_library(folder, tmp_path / "書庫.zip")
    lost = export_library(folder, tmp_path / "書庫.zip", readable_only=True)
    assert len(lost) == 1
    import_library(tmp_path / "書庫.zip", tmp_path / "救った")
    with open_index(tmp_path / "救った") as saved:
        assert saved.statistics().documents == 10
        assert find_texts(saved).items() >= TEXTS.items()
        assert saved.verify() == []


def test_what_stands_above_windows_is_saved_with_them(index: LibraryIndex, folder: Path, tmp_path: Path) -> None:
    document = build_document("旅費規程", "日当は千円である。宿泊は一万円である。")
    index.replace_document(document, split(document), build_vectors(2, 5), windowing="9/9 characters title_heading")
    export_library(folder, tmp_path / "書庫.zip", readable_only=True)
    import_library(tmp_path / "書庫.zip", tmp_path / "救った")
    with open_index(tmp_path / "救った") as saved:
        found = [
            chunk.text
            for chunk in saved.load_chunks([match.chunk_id for match in saved.search_lexical("旅費規程", k=5)])
        ]
        assert found == ["日当は千円である。", "宿泊は一万円である。"]
        assert saved.search_lexical("旅費規程", k=5) == index.search_lexical("旅費規程", k=5)


def test_a_copied_and_a_renamed_folder_are_libraries(index: LibraryIndex, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "写し")  # with the log that is still open
    index.close()
    folder.rename(tmp_path / "改名")
    for place in ("写し", "改名"):
        with open_index(tmp_path / place) as other:
            assert find_texts(other) == TEXTS
            assert other.verify() == []
            add(other, "新", "新しい文書である。二文目である。")
            assert other.verify() == []

"""A library that follows a folder, and what it reads and embeds for that."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.chunks.chunk import Chunk
from rag.chunks.context import Context
from rag.chunks.windowing import Windowing
from rag.documents.document import Document, build_document_id
from rag.embeddings.encoder import Progress, Vectors
from rag.errors import DocumentError
from rag.index.files import FileState
from rag.index.library_index import LibraryIndex
from rag.ingest.ingest import ingest
from rag.ingest.sync import Move, SyncReport, apply_sync, describe_plan
from rag.ingest.sync_plan import plan_sync
from rag.ingest.unchanged import report_unchanged
from rag.ingest.watching import watch
from tests.fakes import FakeEncoder
from tests.ingest import hostile

SIZE = 12
WINDOWING = str(Windowing(SIZE, SIZE))
LONG_AGO = 1_500_000_000.5


class CountingEncoder(FakeEncoder):
    """Notes every window it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def encode_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.embedded += texts
        return super().encode_documents(texts, progress=progress)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "文書"
    for name, text in {
        "規程.txt": "休暇は十日とする。",
        "食堂.txt": "定食は六百円。",
        "下/図書.txt": "二週間貸す。",
    }.items():
        write(folder / name, text)
    return folder


def write(path: Path, text: str, *, moment: float = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (moment, moment))


def synchronise(index: LibraryIndex, folder: Path, encoder: FakeEncoder, *, context: Context = "none") -> SyncReport:
    windowing = Windowing(SIZE, SIZE, context=context)
    plan = plan_sync(folder, index=index, windowing=str(windowing))
    return apply_sync(plan, index=index, encoder=encoder, windowing=windowing, began=time.perf_counter())


def dry_run(index: LibraryIndex, folder: Path) -> SyncReport:
    return describe_plan(plan_sync(folder, index=index, windowing=WINDOWING), index=index, began=time.perf_counter())


def find_texts(index: LibraryIndex) -> dict[str, str]:
    return {Path(entry.source).name: index.load_text(entry.id) for entry in index.list_documents()}


def test_new_changed_moved_and_deleted_files_are_followed(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    first = synchronise(index, files, encoder)
    assert (len(first.added), first.updated, first.moved, first.removed, first.failed) == (3, (), (), (), ())
    write(files / "規程.txt", "休暇は二十日とする。", moment=LONG_AGO + 1)
    (files / "下/図書.txt").rename(files / "図書館.txt")
    (files / "食堂.txt").unlink()
    write(files / "新.txt", "新しい。")
    expected = {
        "added": (str(files / "新.txt"),),
        "updated": (str(files / "規程.txt"),),
        "moved": (Move(str(files / "下/図書.txt"), str(files / "図書館.txt")),),
        "removed": (str(files / "食堂.txt"),),
    }
    before = find_texts(index)
    tried = dry_run(index, files)
    assert {name: getattr(tried, name) for name in expected} == expected
    assert find_texts(index) == before
    encoder.embedded.clear()
    done = synchronise(index, files, encoder)
    assert {name: getattr(done, name) for name in expected} == expected
    assert find_texts(index) == {"規程.txt": "休暇は二十日とする。", "図書館.txt": "二週間貸す。", "新.txt": "新しい。"}
    assert sorted(encoder.embedded) == ["休暇は二十日とする。", "新しい。"]
    again = synchronise(index, files, encoder)
    assert (again.is_idle, len(again.unchanged)) == (True, 3)


def test_a_moved_file_keeps_windows_and_tags(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    synchronise(index, files, encoder)
    entry = next(entry for entry in index.list_documents() if entry.source.endswith("図書.txt"))
    index.tag_document(entry.id, {"部署": "総務"})
    vector = encoder.encode_queries(["二週間貸す。"])[0]
    window = index.search_dense(vector, k=1)
    (files / "下/図書.txt").rename(files / "貸出.txt")
    synchronise(index, files, encoder)
    moved = next(entry for entry in index.list_documents() if entry.source == str(files / "貸出.txt"))
    assert moved.id == build_document_id(str(files / "貸出.txt"), "二週間貸す。")
    assert (dict(moved.tags), moved.added) == ({"部署": "総務"}, entry.added)
    assert index.search_dense(vector, k=1) == window
    assert index.load_chunks([window[0].chunk_id])[0].document_id == moved.id


def test_an_untouched_file_is_not_read(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(index, files, encoder)

    def fail(path: Path) -> FileState:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(FileState, "measure", fail)
    monkeypatch.setattr("rag.ingest.file_readers.FileReaders.start", fail)
    assert len(synchronise(index, files, encoder).unchanged) == 3
    report = ingest([files], index=index, encoder=encoder, windowing=Windowing(SIZE, SIZE))
    assert (len(report.unchanged), report.failed) == (3, ())
    short = report_unchanged([files], index=index, windowing=WINDOWING)
    assert short is not None
    assert short.unchanged == report.unchanged


def test_a_touched_file_of_the_same_content_is_read_but_not_embedded(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(index, files, encoder)
    encoder.embedded.clear()
    os.utime(files / "規程.txt", (LONG_AGO + 5, LONG_AGO + 5))
    assert len(synchronise(index, files, encoder).unchanged) == 3
    assert encoder.embedded == []
    monkeypatch.setattr(FileState, "measure", None)  # it is known with its new time now
    assert len(synchronise(index, files, encoder).unchanged) == 3


def test_a_change_of_the_same_size_in_the_same_moment_is_seen(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    path = files / "規程.txt"
    moment = time.time() + 60  # whenever the file is looked at, its time is not older than one step of the clock
    write(path, "休暇は十日とする。", moment=moment)
    synchronise(index, files, encoder)
    write(path, "休暇は百日とする。", moment=moment)
    assert synchronise(index, files, encoder).updated == (str(path),)


def test_other_loaders_read_every_file_again(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(index, files, encoder)
    monkeypatch.setattr("rag.index.files.fingerprint_loaders", lambda: "other")
    encoder.embedded.clear()
    report = synchronise(index, files, encoder)
    assert (len(report.unchanged), report.updated, encoder.embedded) == (3, (), [])


def test_only_windows_whose_text_changed_are_embedded(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    sentences = [f"{number:02}条はこう定める。" for number in range(30)]
    write(files / "長い.txt", "".join(sentences))
    synchronise(index, files, encoder)
    encoder.embedded.clear()
    sentences[17] = "17条はそう定める。"
    write(files / "長い.txt", "".join(sentences), moment=LONG_AGO + 1)
    assert len(synchronise(index, files, encoder).updated) == 1
    assert encoder.embedded == ["17条はそう定める。"]
    for sentence in sentences:
        [best] = index.search_dense(encoder.encode_queries([sentence])[0], k=1)
        assert index.load_chunks([best.chunk_id])[0].text == sentence
        assert best.score == pytest.approx(1, abs=2e-3)


def test_documents_from_elsewhere_stay(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, tmp_path: Path
) -> None:
    other = tmp_path / "文書二" / "別.txt"  # a name that only begins as the folder's
    write(other, "別の文書。")
    ingest([other], index=index, encoder=encoder, windowing=Windowing(SIZE, SIZE))
    text = "書き留めた。"
    for source in ("覚え", str(files / "無い.txt")):
        document = Document(build_document_id(source, text), "覚え", text, source)
        chunk = Chunk(document.id, 0, len(text), text)
        index.replace_document(document, [chunk], encoder.encode_documents([text]), windowing=WINDOWING)
    other.unlink()
    report = synchronise(index, files, encoder)
    assert report.removed == ()
    assert report.documents == 6


def test_a_file_that_the_search_passes_over_stays(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    write(files / ".隠し.txt", "隠した。")
    ingest([files / ".隠し.txt"], index=index, encoder=encoder, windowing=Windowing(SIZE, SIZE))
    assert synchronise(index, files, encoder).removed == ()
    assert ".隠し.txt" in find_texts(index)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", bytes(range(256)) * 40], ids=["empty", "zip", "binary"])
def test_an_unreadable_file_keeps_its_old_document(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, content: bytes
) -> None:
    synchronise(index, files, encoder)
    (files / "規程.txt").write_bytes(content)
    report = synchronise(index, files, encoder)
    assert [Path(failure.path).name for failure in report.failed] == ["規程.txt"]
    assert (report.removed, report.updated) == ((), ())
    assert find_texts(index)["規程.txt"] == "休暇は十日とする。"


def test_a_folder_that_is_away_removes_nothing(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    synchronise(index, files, encoder)
    files.rename(files.with_name("別名"))
    with pytest.raises(DocumentError, match="no such folder"):
        synchronise(index, files, encoder)
    assert len(find_texts(index)) == 3


def test_an_emptied_folder_empties_its_part_of_the_library(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    synchronise(index, files, encoder)
    shutil.rmtree(files)
    files.mkdir()
    assert len(synchronise(index, files, encoder).removed) == 3
    assert find_texts(index) == {}


def test_one_of_two_copies_is_moved_by_name(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    for folder in "甲乙":
        write(files / folder / f"{folder}.txt", "同じ内容。")
    synchronise(index, files, encoder)
    for folder in "甲乙":
        (files / folder / f"{folder}.txt").rename(files / f"{folder}.txt")
    report = synchronise(index, files, encoder)
    assert {(Path(move.origin).name, Path(move.target).name) for move in report.moved} == {
        ("甲.txt", "甲.txt"), ("乙.txt", "乙.txt"),
    }  # fmt: skip


def test_a_moved_file_that_is_known_otherwise_is_read_anew(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    synchronise(index, files, encoder)
    target = files / "先客.txt"
    text = "先に入れた。"
    document = Document(build_document_id(str(target), text), "先客", text, str(target))
    index.replace_document(
        document, [Chunk(document.id, 0, len(text), text)], encoder.encode_documents([text]), windowing=WINDOWING
    )
    (files / "食堂.txt").rename(target)
    report = synchronise(index, files, encoder)
    assert (report.moved, report.updated, report.removed) == ((), (str(target),), (str(files / "食堂.txt"),))
    assert find_texts(index)["先客.txt"] == "定食は六百円。"


def test_a_moved_file_is_read_in_another_process(
    index: LibraryIndex, files: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(index, files, encoder)
    monkeypatch.setattr("rag.ingest.file_readers.load_documents", hostile.load_documents)
    for name, harm in (("食堂", "killed"), ("規程", "error")):
        (files / f"{name}.txt").rename(files / f"{harm}.txt")
    report = synchronise(index, files, encoder)
    errors = {Path(failure.path).name: failure.error for failure in report.failed}
    assert errors.keys() == {"killed.txt", "error.txt"}
    assert "the process reading it died" in errors["killed.txt"]
    assert errors["error.txt"] == f"{files / 'error.txt'}: IndexError: list index out of range"
    assert (report.moved, report.removed, report.documents) == ((), (), 3)


def test_a_moved_file_that_is_called_otherwise_is_found_by_its_new_name(
    index: LibraryIndex, files: Path, encoder: CountingEncoder
) -> None:
    synchronise(index, files, encoder, context="title_heading")
    (files / "食堂.txt").rename(files / "献立.txt")
    report = synchronise(index, files, encoder, context="title_heading")
    assert (report.moved, report.added) == ((), (str(files / "献立.txt"),))
    assert report.removed == (str(files / "食堂.txt"),)
    assert index.search_lexical("食堂", k=5) == []
    assert len(index.search_lexical("献立", k=5)) == 1
    (files / "献立.txt").rename(files / "下" / "献立.txt")
    assert len(synchronise(index, files, encoder, context="title_heading").moved) == 1


def test_what_is_lost_is_reported(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    path = files / "傷.txt"
    path.write_bytes(("休暇は十日とする。" * 20).encode("cp932") + b"\xff")
    lost = [(entry.source, entry.losses.undecodable) for entry in synchronise(index, files, encoder).losses]
    assert lost == [(str(path), 1)]
    target = path.rename(files / "傷二.txt")
    report = synchronise(index, files, encoder)
    assert report.moved == (Move(str(path), str(target)),)
    assert [(entry.source, entry.losses.undecodable) for entry in report.losses] == [(str(target), 1)]
    assert synchronise(index, files, encoder).losses == ()


def test_tags_come_with_the_documents(index: LibraryIndex, files: Path, encoder: CountingEncoder) -> None:
    synchronise(index, files, encoder)
    tags = {"部署": "総務"}
    report = ingest([files / "規程.txt"], index=index, encoder=encoder, windowing=Windowing(SIZE, SIZE), tags=tags)
    assert index.find_documents("部署=総務") == list(report.unchanged)
    write(files / "下/図書.txt", "三週間貸す。", moment=LONG_AGO + 1)
    short = report_unchanged([files / "下"], index=index, windowing=WINDOWING, tags=tags)
    assert short is None
    ingest([files / "下"], index=index, encoder=encoder, windowing=Windowing(20, 20), tags=tags)
    assert len(index.find_documents("部署=総務")) == 2  # cutting anew tags no others
    assert len(index.find_documents("modified>=2000")) == 3


def test_watching_waits_until_changes_come_to_rest(files: Path) -> None:
    stop = threading.Event()
    calls: list[int] = []
    results = [True, False, True, True]

    def note() -> bool:
        calls.append(len(list(files.rglob("*.txt"))))
        if len(calls) == 4:
            stop.set()
        return results[len(calls) - 1]

    thread = threading.Thread(target=watch, args=(files, note), kwargs={"interval": 0.05, "stop": stop})
    thread.start()
    try:
        wait_for(calls, 1)
        write(files / "新.txt", "新しい。")
        wait_for(calls, 3)  # what failed was tried again
        (files / "新.txt").unlink()
        thread.join(20)
    finally:
        stop.set()
        thread.join()
    assert calls == [3, 4, 4, 3]


def wait_for(calls: list[int], count: int) -> None:
    until = time.monotonic() + 20
    while len(calls) < count and time.monotonic() < until:
        time.sleep(0.01)
    assert len(calls) >= count


def test_a_restless_folder_is_synchronised_all_the_same(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(range(1000))
    monkeypatch.setattr("rag.ingest.watching._snapshot", lambda _: {"log": (next(looks), 0)})
    stop = threading.Event()
    calls: list[int] = []

    def note() -> bool:
        calls.append(next(looks))
        if len(calls) == 2:
            stop.set()
        return True

    watch(files, note, interval=0.001, stop=stop)
    assert 10 <= calls[1] - calls[0] <= 14

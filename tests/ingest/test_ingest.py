"""Files and documents on their way into a library, with an encoder that needs no model."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.chunks.chunk import Chunk
from rag.chunks.windowing import Windowing
from rag.documents.anchor import Anchor
from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError, ModelError
from rag.index.library_index import LibraryIndex
from rag.ingest.ingest import IngestStep, ingest, ingest_documents
from rag.ingest.report import IngestReport
from tests.fakes import FakeEncoder, FakeLateEncoder
from tests.ingest import hostile

RULES = "休暇は十日とする。届は前日までに出す。"
MENU = "定食は六百円である。席は四十ある。"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "文書"
    folder.mkdir()
    (folder / "規程.txt").write_text(RULES, encoding="utf-8")
    (folder / "食堂.txt").write_text(MENU, encoding="utf-8")
    return folder


def take_in(index: LibraryIndex, *paths: Path, size: int = 10, **options: Any) -> IngestReport:
    encoder = options.pop("encoder", FakeEncoder())
    return ingest(paths, index=index, encoder=encoder, windowing=Windowing(size, size), **options)


def take_documents(index: LibraryIndex, *documents: Document, size: int = 10, **options: Any) -> IngestReport:
    windowing = Windowing(size, size, context=options.pop("context", "none"))
    return ingest_documents(documents, index=index, encoder=FakeEncoder(), windowing=windowing, **options)


def make_document(text: str, source: str, **fields: Any) -> Document:
    return Document(build_document_id(source, text), fields.pop("title", source), text, source, **fields)


def find_windows(index: LibraryIndex) -> list[str]:
    matches = index.search_dense(FakeEncoder().encode_queries(["休"])[0], k=100)
    return [chunk.text for chunk in index.load_chunks(sorted(match.chunk_id for match in matches))]


def test_documents_come_in_once_and_changed_ones_replace_their_old_version(index: LibraryIndex, files: Path) -> None:
    first = take_in(index, files)
    assert (len(first.added), first.updated, first.unchanged, first.failed) == (2, (), (), ())
    assert (first.documents, first.chunks, first.characters) == (2, 4, len(RULES) + len(MENU))
    (files / "食堂.txt").write_text("定食は七百円である。", encoding="utf-8")
    second = take_in(index, files)
    assert (second.added, len(second.updated), second.unchanged) == ((), 1, first.added[:1])
    assert find_windows(index) == ["休暇は十日とする。", "届は前日までに出す。", "定食は七百円である。"]
    assert index.verify() == []


def test_failures_come_in_the_order_given_and_the_rest_goes_in(index: LibraryIndex, files: Path) -> None:
    (files / "空.txt").write_bytes(b"")
    (files / "表.xls").write_bytes(b"x")
    paths = [files / name for name in ("空.txt", "無い.txt", "規程.txt", "表.xls", "無い.txt", "食堂.txt")]
    steps: list[IngestStep] = []
    report = take_in(index, *paths, progress=steps.append)
    assert [Path(failure.path).name for failure in report.failed] == ["空.txt", "無い.txt", "表.xls"]
    assert all(failure.error.startswith(failure.path) for failure in report.failed)
    assert (len(report.added), report.documents) == (2, 2)
    assert [(step.done, step.total) for step in steps if step.stage == "done"] == [(done, 5) for done in range(1, 6)]


def test_a_file_named_twice_is_read_once(index: LibraryIndex, files: Path) -> None:
    report = take_in(index, files / "規程.txt", files, files / "規程.txt")
    assert (len(report.added), report.unchanged) == (2, ())


def test_a_crash_of_a_loader_is_one_failure(
    index: LibraryIndex, files: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rag.ingest.file_readers.load_documents", hostile.load_documents)
    (files / "error.txt").write_text("索引", "utf-8")
    report = take_in(index, files)
    assert [failure.error for failure in report.failed] == ["IndexError: list index out of range"]
    assert len(report.added) == 2
    assert "error.txt was not ingested" in caplog.text
    assert "in load_documents" in caplog.text  # where it happened, in the other process


def test_what_fails_for_all_is_passed_on(index: LibraryIndex, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = FakeEncoder()

    def fail(*_: object, **__: object) -> None:
        raise ModelError("no weights")

    monkeypatch.setattr(encoder, "encode_documents", fail)
    with pytest.raises(ModelError, match="no weights"):
        take_in(index, files, encoder=encoder)
    with pytest.raises(ArgumentError, match="size is 0"):
        take_in(index, files, size=0)
    assert index.statistics().documents == 0


def test_another_windowing_cuts_the_whole_library_anew(index: LibraryIndex, files: Path) -> None:
    first = take_in(index, files)
    (files / "規程.txt").unlink()  # the text in the library is enough
    steps: list[IngestStep] = []
    report = take_documents(index, make_document("近道はない。", "諺"), size=40, progress=steps.append)
    assert (len(report.added), set(report.updated), report.failed) == (1, set(first.added), ())
    assert sorted(find_windows(index)) == sorted([RULES, MENU, "近道はない。"])
    assert (steps[-1].done, steps[-1].total) == (3, 3)
    assert take_in(index, files, size=40).updated == ()
    assert index.verify() == []


@pytest.mark.parametrize(
    "change",
    [{"title": "改題"}, {"anchors": (Anchor("heading", 0, 2, "休暇", 1),)}, {"metadata": {"encoding": "cp932"}}],
    ids=["title", "anchors", "metadata"],
)
def test_a_document_of_the_same_text_is_updated_when_anything_else_changed(
    index: LibraryIndex, change: dict[str, Any]
) -> None:
    document = make_document(RULES, "規程")
    take_documents(index, document)
    index.load_document(document.id)
    assert take_documents(index, document).unchanged == (document.id,)
    changed = replace(document, **change)
    assert take_documents(index, changed).updated == (document.id,)
    assert index.load_document(document.id) == changed


def test_steps_tell_what_is_done_to_which_file(index: LibraryIndex, files: Path) -> None:
    steps: list[IngestStep] = []
    take_in(index, files / "規程.txt", progress=steps.append)
    assert [(step.stage, step.windows_done, step.windows_total) for step in steps] == [
        ("read", 0, 0), ("embed", 0, 2), ("embed", 2, 2), ("store", 0, 0), ("done", 0, 0),
    ]  # fmt: skip
    assert steps[1].describe() == "埋め込み / embedding 規程.txt 0/2"
    assert (steps[0].characters, steps[-1].characters) == (0, len(RULES))


def test_windows_are_embedded_piece_by_piece_in_their_order(
    index: LibraryIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.embedding.WINDOWS_AT_ONCE", 2)
    sentences = [f"{number}番目の文。" for number in range(5)]
    steps: list[IngestStep] = []
    take_documents(index, make_document("".join(sentences), "文"), size=6, progress=steps.append)
    assert [step.windows_done for step in steps if step.stage == "embed"] == [0, 2, 2, 4, 4, 5]
    for sentence in sentences:
        best = index.search_dense(FakeEncoder().encode_queries([sentence])[0], k=1)
        assert index.load_chunks([best[0].chunk_id])[0].text == sentence


def test_nothing_to_read_changes_nothing(index: LibraryIndex) -> None:
    report = ingest([], index=index, encoder=FakeEncoder(), windowing=Windowing(10, 5))
    assert (report.added, report.failed, report.documents) == ((), (), 0)


def pack(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def test_documents_of_members_that_are_gone_are_removed(index: LibraryIndex, files: Path) -> None:
    archive = files / "束.zip"
    pack(archive, {"甲.txt": RULES, "乙.txt": MENU})
    first = take_in(index, files)
    assert (len(first.added), first.failed, first.documents) == (4, (), 4)
    sources = {entry.source: entry.id for entry in index.list_documents()}
    pack(archive, {"甲.txt": RULES})
    second = take_in(index, archive)
    assert second.removed == (sources[f"{archive.resolve()}!/乙.txt"],)
    assert (len(second.unchanged), second.documents) == (1, 3)
    assert index.verify() == []


def test_what_cannot_be_read_now_is_not_gone(index: LibraryIndex, files: Path) -> None:
    archive = files / "束.zip"
    inner = files / "内.zip"
    pack(inner, {"丙.txt": "丙の本文。"})
    members = {"甲.txt": RULES.encode(), "内.zip": inner.read_bytes()}
    inner.unlink()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    assert len(take_in(index, archive).added) == 2
    pack(archive, {"甲.txt": "", "内.zip": "PK\x03\x04"})
    second = take_in(index, archive)
    assert [failure.path.rpartition("!/")[2] for failure in second.failed] == ["甲.txt", "内.zip"]
    assert (second.removed, second.documents) == ((), 2)
    archive.write_bytes(archive.read_bytes()[:40])
    assert (take_in(index, archive).removed, index.statistics().documents) == ((), 2)
    archive.unlink()
    assert (take_in(index, archive).removed, index.statistics().documents) == ((), 2)


def test_another_file_of_a_longer_name_is_no_member(index: LibraryIndex, files: Path) -> None:
    pack(files / "束.zip", {"甲.txt": RULES})
    pack(files / "束.zip!.zip", {"乙.txt": MENU})
    assert len(take_in(index, files / "束.zip", files / "束.zip!.zip").added) == 2
    assert take_in(index, files / "束.zip").removed == ()


def test_lines_that_become_documents_take_the_place_of_the_file(index: LibraryIndex, files: Path) -> None:
    lines = files / "行.jsonl"
    lines.write_text('{"品": "茶"}\n', "utf-8")
    (whole,) = take_in(index, lines).added
    lines.write_text('{"text": "茶は三百円。"}\n{"text": "豆は九百円。"}\n', "utf-8")
    report = take_in(index, lines)
    assert (len(report.added), report.removed, report.documents) == (2, (whole,), 2)


def test_what_was_lost_is_reported(index: LibraryIndex, files: Path) -> None:
    (files / "傷.txt").write_bytes((RULES * 20).encode("cp932") + b"\xff")
    with zipfile.ZipFile(files / "束.zip", "w") as archive:
        archive.writestr("甲.txt", RULES)
        archive.writestr("図.png", b"1")
    steps: list[IngestStep] = []
    report = take_in(index, files, progress=steps.append)
    lost = {Path(entry.source).name: (entry.losses.undecodable, entry.losses.left_out) for entry in report.losses}
    assert lost == {"傷.txt": (1, ()), "束.zip": (0, ("画像 1",))}
    stored = {Path(entry.source).name: entry.losses.undecodable for entry in index.list_documents()}
    assert stored == {"規程.txt": 0, "食堂.txt": 0, "傷.txt": 1, "甲.txt": 0}
    assert (steps[-1].done, steps[-1].total) == (4, 4)
    assert take_in(index, files).losses == ()  # nothing came in


HEADED = "第1章 旅費\n\n日当は二千円とする。\n宿泊は一万円とする。"


def make_headed() -> Document:
    return make_document(HEADED, "規程", anchors=(Anchor("heading", 0, 6, "第1章 旅費", 1),))


def test_a_context_makes_a_window_findable_by_its_heading_and_is_not_shown(index: LibraryIndex) -> None:
    take_documents(index, make_headed(), size=12)
    assert [chunk.text for chunk in find_by_words(index, "旅費")] == ["第1章 旅費"]
    before = find_vectors(index)
    report = take_documents(index, make_headed(), size=12, context="heading")
    assert len(report.updated) == 1
    windows = ["第1章 旅費", "日当は二千円とする。", "宿泊は一万円とする。"]
    assert sorted(chunk.text for chunk in find_by_words(index, "旅費")) == sorted(windows)
    after = find_vectors(index)
    assert [score == pytest.approx(earlier) for score, earlier in zip(after, before, strict=True)] == [
        True,
        False,
        False,
    ]
    assert take_documents(index, make_headed(), size=12, context="heading").unchanged == report.updated
    assert index.verify() == []


def test_a_context_gives_way_where_the_encoder_would_not_see_the_whole_window(index: LibraryIndex) -> None:
    encoder = FakeEncoder(max_tokens=12)
    ingest_documents([make_headed()], index=index, encoder=encoder, windowing=Windowing(12, 12))
    before = find_vectors(index)
    ingest_documents([make_headed()], index=index, encoder=encoder, windowing=Windowing(12, 12, context="heading"))
    assert find_vectors(index) == pytest.approx(before)


def test_another_boundary_cuts_the_library_anew_and_back(index: LibraryIndex) -> None:
    rules = "第1条　出勤は九時。\n第2条　休暇は十日とする。\n第3条　届は前日。"
    document = make_document(rules, "規程", anchors=tuple(find_heading_anchors(rules)))

    def take(windowing: Windowing) -> IngestReport:
        return ingest_documents([document], index=index, encoder=FakeEncoder(), windowing=windowing)

    first = take(Windowing(12, 12))
    sentences = find_windows(index)
    assert take(Windowing(12, 12, boundary="sentences")).updated == ()
    again = take(Windowing(12, 12, boundary="characters"))
    assert again.updated == first.added
    assert find_windows(index) == ["第1条　出勤は九時。\n第", "2条　休暇は十日とする。", "第3条　届は前日。"]
    assert index.verify() == []
    assert take(Windowing(12, 12)).updated == first.added
    assert find_windows(index) == sentences


def test_windows_that_know_the_text_around_them_are_never_taken_for_others(index: LibraryIndex) -> None:
    late, plain = Windowing(12, 12, context="heading", pooling="document"), Windowing(12, 12)
    encoder = FakeLateEncoder()
    ingest_documents([make_headed()], index=index, encoder=encoder, windowing=plain)
    before = find_vectors(index)
    ingest_documents([make_headed()], index=index, encoder=encoder, windowing=late)
    expected = encoder.encode_windows(HEADED, [(0, 6), (8, 18), (19, 29)]) @ encoder.encode_queries(["旅費"])[0]
    assert find_vectors(index) == pytest.approx(expected.tolist(), abs=2e-3)
    assert find_vectors(index)[1] > before[1] + 0.01
    words = sorted(chunk.text for chunk in find_by_words(index, "旅費"))
    assert words == sorted(["第1章 旅費", "日当は二千円とする。", "宿泊は一万円とする。"])
    assert ingest_documents([make_headed()], index=index, encoder=encoder, windowing=plain).updated
    assert find_vectors(index) == pytest.approx(before)


def test_an_encoder_that_reads_only_windows_is_named(index: LibraryIndex) -> None:
    windowing = Windowing(12, 12, pooling="document")
    with pytest.raises(ModelError, match=r"fake embeds texts only by themselves.*set pooling to window"):
        ingest_documents([make_headed()], index=index, encoder=FakeEncoder(), windowing=windowing)


def find_by_words(index: LibraryIndex, question: str) -> list[Chunk]:
    return index.load_chunks([match.chunk_id for match in index.search_lexical(question, k=10)])


def find_vectors(index: LibraryIndex) -> list[float]:
    """How near each window is to the word of the heading, in the order of the text."""
    matches = index.search_dense(FakeEncoder().encode_queries(["旅費"])[0], k=100)
    return [match.score for match in sorted(matches, key=lambda match: match.chunk_id)]

"""Adding, listing, asking and removing documents in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from rag.library.library import Library
from tests.documents.written_files import build_zip
from tests.ui.server import Server
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

HANDBOOK = """青空商会 自転車通勤の手引き

第1条（駐輪場）
自転車で通勤する者は、駐輪場の使用料として月に三百円を支払う。
駐輪場は本館の北側にある。

第2条（届出）
自転車通勤の届出先は総務部管理係とする。
"""
HOSTILE = """<img src=x onerror="window.hacked=1">の規程

第1条（合言葉）
金庫の合言葉は<script>window.hacked=1</script>山桜である。
<img src=x onerror="window.hacked=1">合言葉は毎月"変える"。
"""
LONG = "倉庫の棚卸しの手引き\n\n" + "".join(
    f"第{number}倉庫の棚卸しは、毎月{number % 28 + 1}日に行い、結果を{number}番の帳簿に記す。\n"
    for number in range(3000)
)


@pytest.fixture
def documents(visit: Visit) -> Visit:
    """The page with the tab of the documents open."""
    visit.open_tab("文書")
    expect(visit.page.locator("table.documents")).to_be_visible(timeout=PATIENCE)
    return visit


def remove(visit: Visit, title: str) -> None:
    page = visit.page
    page.get_by_role("button", name=f"「{title}」を除く", exact=True).click()
    expect(page.locator("dialog.removal .title")).to_have_text(title)
    page.locator("dialog.removal .confirm").click()
    expect(page.locator("#report")).to_contain_text(f"「{title}」を除きました", timeout=PATIENCE)


def test_good_files_go_in_bad_ones_are_named_and_removal_asks_first(documents: Visit, server: Server) -> None:
    page = documents.page
    title = "青空商会 自転車通勤の手引き"
    titles = page.locator("table.documents tbody th")
    before = titles.all_inner_texts()
    report = documents.upload({"自転車.txt": HANDBOOK.encode("cp932"), "壊れた.pdf": b"%PDF-1.7\nnothing"})
    assert "1 件を加えました" in report
    assert "1 件は読めませんでした" in report
    expect(page.locator("#report li b")).to_have_text("壊れた.pdf")
    expect(titles).to_have_text([*before, title])
    copy = server.library / "uploads" / "自転車.txt"
    assert copy.read_bytes() == HANDBOOK.encode("cp932")

    documents.open_tab("質問する")
    documents.choose("filter", title)
    documents.ask("駐輪場の使用料はいくらですか")
    expect(page.locator(".passage header cite").first).to_have_text(title)
    expect(page.locator(".passages .text").first).to_contain_text("使用料として月に三百円を支払う")

    documents.open_tab("文書")
    page.get_by_role("button", name=f"「{title}」を除く", exact=True).click()
    page.locator("dialog.removal .cancel").click()
    expect(page.locator("dialog.removal")).to_be_hidden()
    expect(titles).to_have_text([*before, title])
    remove(documents, title)
    expect(titles).to_have_text(before)
    assert not copy.exists()
    documents.open_tab("質問する")
    page.locator("#filter input").click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("option", name=title)).to_have_count(0)


def test_markup_in_a_document_is_text_and_never_runs(documents: Visit) -> None:
    page = documents.page
    title = HOSTILE.splitlines()[0]
    documents.upload({"<img src=x onerror=hacked=1>.txt": HOSTILE.encode()})
    expect(page.locator("table.documents tbody th").last).to_have_text(title)
    documents.open_tab("質問する")
    documents.ask("金庫の合言葉は何ですか <b>教えて</b>")
    expect(page.locator(".turn .question")).to_contain_text("<b>教えて</b>")
    passage = page.locator(".passage", has_text=title).first
    expect(passage.locator(".text")).to_have_count(2)  # what was read, and its whole article
    for text in passage.locator(".text").all():
        expect(text).to_contain_text("<script>window.hacked=1</script>山桜である")
    expect(passage.locator(".text").first).to_contain_text('<img src=x onerror="window.hacked=1">合言葉は毎月"変える"')
    page.locator("#filter input").click()
    expect(page.get_by_role("option", name=title)).to_be_visible()
    assert page.locator(".passages script, .passages img, .turns img, .turns b, .answer img").count() == 0
    assert page.evaluate("window.hacked") is None
    documents.open_tab("文書")
    remove(documents, title)
    assert page.locator("#documents img, #report img, dialog img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_progress_is_shown_and_a_file_of_the_same_name_replaces(documents: Visit) -> None:
    page = documents.page
    documents.begin_upload({f"倉庫{number}.txt": f"{LONG}{number}".encode() for number in (1, 2)})
    expect(page.locator("#report")).to_contain_text("読み込んでいます：倉庫", timeout=PATIENCE)
    assert "2 件を加えました" in documents.wait_for_report()
    assert "1 件を新しくしました" in documents.upload({"倉庫1.txt": "倉庫の新しい手引き\n\n短い。\n".encode()})
    expect(page.locator("table.documents tbody th").last).to_have_text("倉庫の新しい手引き")
    assert "1 件は前と同じでした" in documents.upload({"倉庫1.txt": "倉庫の新しい手引き\n\n短い。\n".encode()})


def write_tags(visit: Visit, title: str, lines: str) -> None:
    page = visit.page
    page.get_by_role("button", name=f"「{title}」の札", exact=True).click()
    page.locator("dialog.tagging textarea").fill(lines)
    page.locator("dialog.tagging .confirm").click()


def test_tags_are_written_and_filter_what_is_asked(documents: Visit) -> None:
    page = documents.page
    title = "青空商会 自転車通勤の手引き"
    documents.upload({"自転車.txt": HANDBOOK.encode()})
    write_tags(documents, title, "部署=総務\n年度 = 2024\n\n")
    expect(page.locator("#report")).to_contain_text(f"「{title}」の札を書き替えました", timeout=PATIENCE)
    expect(page.locator(".documents .tags span")).to_have_text(["年度=2024", "部署=総務"])
    documents.open_tab("質問する")
    page.locator("#where textarea, #where input").fill("部署=総務")
    documents.ask("駐輪場の使用料はいくらですか")
    assert set(page.locator(".passage header cite").all_inner_texts()) == {title}
    documents.open_tab("文書")
    write_tags(documents, title, "年度=2025")
    expect(page.locator(".documents .tags span")).to_have_text(["年度=2025"], timeout=PATIENCE)
    page.get_by_role("button", name=f"「{title}」の札", exact=True).click()
    expect(page.locator("dialog.tagging textarea")).to_have_value("年度=2025")
    page.locator("dialog.tagging textarea").fill("形=")
    page.locator("dialog.tagging .confirm").click()
    expect(page.locator(".toast-body")).to_contain_text("the tag 形 has no value", timeout=PATIENCE)
    expect(page.locator(".documents .tags span")).to_have_text(["年度=2025"])
    remove(documents, title)


def test_a_folder_is_followed_after_it_was_looked_at(documents: Visit, tmp_path: Path) -> None:
    page = documents.page
    titles = page.locator("table.documents tbody th")
    before = titles.all_inner_texts()
    (tmp_path / "自転車.txt").write_text(HANDBOOK, encoding="utf-8")
    page.locator("#sync").get_by_text("フォルダーに合わせる").click()
    page.locator("#sync-follow").click()
    expect(page.locator(".toast-body")).to_contain_text("フォルダーの場所を書いてください", timeout=PATIENCE)
    page.locator("#sync-folder textarea, #sync-folder input").fill(str(tmp_path))
    page.locator("#sync-look").click()
    report = page.locator("#report .report")
    expect(report).to_contain_text("新しい 1 件、同じ 0 件", timeout=PATIENCE)
    expect(report).to_contain_text("まだ何も変えていません。")
    expect(report.locator("li")).to_have_text([str(tmp_path / "自転車.txt")])
    expect(titles).to_have_text(before)
    page.locator("#sync-follow").click()
    expect(report).to_contain_text("文書庫をこのとおりにしました。", timeout=PATIENCE)
    expect(titles).to_have_text([*before, "青空商会 自転車通勤の手引き"])
    (tmp_path / "自転車.txt").unlink()
    page.locator("#sync-follow").click()
    expect(report).to_contain_text("消えた 1 件", timeout=PATIENCE)
    expect(titles).to_have_text(before)
    documents.open_tab("質問する")
    page.locator("#filter input").click()
    expect(page.get_by_role("option")).to_have_count(len(before))


def test_the_library_is_exported_into_a_file_that_is_saved(documents: Visit, tmp_path: Path) -> None:
    page = documents.page
    expect(page.locator("#exported")).to_be_hidden()
    page.locator("#export").click()
    expect(page.locator("#report")).to_contain_text("library.zip", timeout=PATIENCE)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="書き出したファイルを保存する").click()
    waiting.value.save_as(tmp_path / "library.zip")
    Library.import_(tmp_path / "library.zip", tmp_path / "copy")
    with Library.open(tmp_path / "copy") as copy:
        titles = {entry.title for entry in copy.documents()}
    shown = page.locator("table.documents tbody th").evaluate_all("all => all.map(each => each.firstChild.textContent)")
    assert titles == set(shown)


def test_an_archive_goes_in_and_what_was_lost_is_said(documents: Visit, server: Server) -> None:
    page = documents.page
    damaged = (HANDBOOK * 3).encode("cp932") + b"\xff"
    archive = build_zip({"手引き/自転車.txt": damaged, "駅.csv": "駅,番線\n港町,3\n".encode(), "図.png": b"1"})
    report = documents.upload({"束.zip": archive})
    assert "2 件を加えました" in report
    assert "2 件に、取り込めなかったものがあります" in report
    expect(page.locator("#report li b")).to_have_text(["束.zip!/手引き/自転車.txt", "束.zip"])
    assert "読めないバイト 1" in report
    assert "画像 1 は読んでいません" in report
    rows = page.locator("table.documents tbody th")
    expect(rows.nth(-2)).to_contain_text("読めないバイト 1")
    expect(rows.nth(-2).locator(".note")).to_be_visible()
    expect(rows.last.locator(".note")).to_have_count(0)
    copy = server.library / "uploads" / "束.zip"
    remove(documents, "駅")
    assert copy.exists()
    remove(documents, "青空商会 自転車通勤の手引き")
    assert not copy.exists()

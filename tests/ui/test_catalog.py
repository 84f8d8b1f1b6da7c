from __future__ import annotations

import re
from dataclasses import replace

from rag.documents.losses import LossEntry, Losses
from rag.index.stored_document import Statistics
from rag.ingest.report import Failure
from rag.ingest.sync import Move, SyncReport
from rag.library.records import DocumentEntry
from rag.ui.catalog import render_documents, render_notice, render_report, render_sync
from rag.ui.uploads import UploadReport
from rag.ui.words import load_words

JA, EN = load_words("ja"), load_words("en")
HOSTILE = '<img src=x onerror="hacked=1">'


def build_entry(title: str, *, number: int = 0) -> DocumentEntry:
    return DocumentEntry(f"id{number}", title, f"/資料/{title}", 12345, 67, "2024-05-06T07:08:09+00:00")


def test_no_documents() -> None:
    assert render_documents([], JA) == '<p class="empty">まだ文書がありません。</p>'


def test_documents_are_counted_and_listed() -> None:
    html = render_documents([build_entry("規則"), build_entry("手引き", number=1)], EN)
    assert "2 documents, 24,690 characters, 134 windows" in html
    assert re.findall(r'data-remove="(\w+)" data-title="(.*?)"', html) == [("id0", "規則"), ("id1", "手引き")]
    assert "2024-05-0" in html


def test_hostile_titles_are_text_everywhere() -> None:
    html = render_documents([build_entry(HOSTILE)], JA)
    assert "<img" not in html
    # Cell, tooltip of the path; for both buttons title handed to the dialog, and label.
    assert html.count("&lt;img src=x onerror=&quot;hacked=1&quot;&gt;") == 6


def test_tags_are_shown_and_handed_to_their_dialog() -> None:
    html = render_documents([replace(build_entry("規則"), tags={"年度": "2024", "部署": "総務<b>"})], JA)
    assert '<span class="tags"><span>年度=2024</span><span>部署=総務&lt;b&gt;</span></span>' in html
    assert 'data-tags="年度=2024&#10;部署=総務&lt;b&gt;"' in html
    assert 'class="tags"' not in render_documents([build_entry("規則")], JA)


def build_sync(**changes: object) -> SyncReport:
    empty = SyncReport(
        added=(), updated=(), moved=(), removed=(), unchanged=(), failed=(), totals=Statistics(0, 0, 0), seconds=0.0
    )
    return replace(empty, **changes)  # type: ignore[arg-type]


def test_following_a_folder_is_told_file_by_file() -> None:
    report = build_sync(
        added=("/規程/新<b>.txt",),
        moved=(Move("/規程/甲.txt", "/規程/乙.txt"),),
        unchanged=("/規程/丙.txt", "/規程/丁.txt"),
        failed=(Failure("/規程/壊.pdf", "/規程/壊.pdf: 読めない"),),
        losses=(LossEntry("/規程/新.txt", "新", Losses(undecodable=2)),),
    )
    html = render_sync(report, JA, dry_run=True)
    assert '<p class="done">新しい 1 件、動いた 1 件、同じ 2 件</p><p class="note">まだ何も変えていません。</p>' in html
    assert "<summary>新しい 1 件</summary><ul><li>/規程/新&lt;b&gt;.txt</li></ul>" in html
    assert "<li>/規程/甲.txt → /規程/乙.txt</li>" in html
    assert "<li><b>/規程/壊.pdf</b> 読めない</li>" in html
    assert "<li><b>/規程/新.txt</b> 読めないバイト 2</li>" in html
    assert "The library matches the folder now." in render_sync(report, EN, dry_run=False)


def test_of_many_files_the_first_are_named() -> None:
    html = render_sync(build_sync(removed=tuple(f"{number}.txt" for number in range(1234))), EN, dry_run=False)
    assert "gone: 1,234" in html
    assert "<li>49.txt</li><li>and 1,184 more</li></ul>" in html


def test_report_counts_what_went_in_and_gives_reasons() -> None:
    report = UploadReport(added=2, unchanged=1, failed=((HOSTILE, "<壊>"),))
    html = render_report(report, JA)
    assert '<p class="done">2 件を加えました、1 件は前と同じでした</p>' in html
    assert '<p class="failure">1 件は読めませんでした</p>' in html
    assert "<li><b>&lt;img src=x onerror=&quot;hacked=1&quot;&gt;</b> &lt;壊&gt;</li>" in html


def test_losses_are_said_under_the_title_and_in_the_report() -> None:
    entry = replace(build_entry("規則"), losses=Losses(pages=3, pages_without_text=("2",), left_out=("画像 3",)))
    html = render_documents([build_entry("手引き", number=1), entry], JA)
    assert html.count('<span class="note">') == 1
    assert '規則<span class="note">1 ページに文字なし、画像 3 は読んでいません</span></th>' in html
    assert '規則<span class="note">pages without text: 1; not read: pictures 3</span>' in render_documents([entry], EN)
    report = render_report(UploadReport(added=1, lost=((HOSTILE, "外字 1"),)), JA)
    assert "1 件に、取り込めなかったものがあります" in report
    assert "<li><b>&lt;img src=x onerror=&quot;hacked=1&quot;&gt;</b> 外字 1</li>" in report


def test_report_is_in_the_language_of_the_page() -> None:
    html = render_report(UploadReport(added=2, unchanged=1), EN)
    assert '<p class="done">added 2, unchanged 1</p>' in html


def test_report_of_nothing_but_good_news_has_no_list() -> None:
    assert render_report(UploadReport(updated=1), EN) == (
        '<div class="report" role="status"><p class="done">updated 1</p></div>'
    )


def test_notice_is_escaped() -> None:
    assert "&lt;img" in render_notice(HOSTILE)

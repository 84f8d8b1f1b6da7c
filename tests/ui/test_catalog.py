from __future__ import annotations

import re
from dataclasses import replace

from rag.documents.losses import Losses
from rag.library.records import DocumentEntry
from rag.ui.catalog import render_documents, render_notice, render_report
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
    # Cell, tooltip of the path, title handed to the dialog, label of the button.
    assert html.count("&lt;img src=x onerror=&quot;hacked=1&quot;&gt;") == 4


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

"""Pages: what is shown comes out, line by line, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.documents.loading import load_document


@pytest.fixture
def load(tmp_path: Path):
    def load(markup: str, *, encoding: str = "utf-8", name: str = "頁.html") -> Document:
        path = tmp_path / name
        path.write_bytes(markup.encode(encoding))
        return load_document(path)

    return load


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>前<script>var 秘密 = '<b>'</script>後</p>", "前後\n"),
        ("<style>p { content: '飾り' }</style><p>本文</p>", "本文\n"),
        ("<p>本文</p><template><p>型</p></template><noscript>要JavaScript</noscript>", "本文\n"),
        ("<p>本文<!-- 注釈 --></p><![CDATA[素]]>", "本文\n\n素\n"),
        ("<p><ruby>焙煎<rp>（</rp><rt>ばいせん</rt><rp>）</rp></ruby>の機械</p>", "焙煎の機械\n"),
        ("<p><ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>、<ruby>東<rt>とう</ruby>京</p>", "漢字、東京\n"),
        ("<p>一<br>二<br/>\n三</p>", "一\n二\n三\n"),
        ("<p>改行は\n  つめる。</p><p>But not\n  here.</p>", "改行はつめる。\n\nBut not here.\n"),
        ("<p>半角 と　全角&nbsp;と&emsp;実体&amp;&#x300C;&lt;</p>", "半角 と　全角\xa0と\u2003実体&「<\n"),
        ("<pre>\n  一\n    二\n</pre>", "  一\n    二\n"),
        ("<div>一<div>二</div>三</div>", "一\n二\n三\n"),
        ("<p>一<p>二<p>三", "一\n\n二\n\n三\n"),
        ("<dl><dt>語</dt><dd>意味</dd></dl>", "語\n意味\n"),
        ("<p>図<img src=a.png alt='構成図'>と<img src=b.png></p>", "図構成図と\n"),
        ("<a href='https://example.com'>リンク</a>は<b>字</b>だけ", "リンクは字だけ\n"),
        ("タグの無い文章だけ", "タグの無い文章だけ\n"),
        ("https://example.com/a.html", "https://example.com/a.html\n"),
        ("<![if !vml]><p>一</p><![endif]><?xml:namespace prefix = o /><p>二</p>", "一\n\n二\n"),
        ("<p>一<![注]>二</p>", "一<![注]>二\n"),
        ("<nav><a>目次</a></nav><main>主</main><aside>脇</aside><footer>足</footer>", "主\n\n脇\n\n足\n"),
        ("<p>本文</p><div hidden>隠</div><p aria-hidden='true'>飾</p><p aria-hidden=false>見</p>", "本文\n\n見\n"),
        ("<form>名<textarea>欄</textarea><select><option>甲<option>乙</select><button>送る</button></form>", "名\n"),
        ("<h2><button>畳む見出し</button></h2><div hidden=until-found>畳まれた文</div>", "畳む見出し\n\n畳まれた文\n"),
        ("<p>\x0b</p><p>中\x0b身</p>", "中 身\n"),
    ],
)
def test_text(markup: str, text: str, load) -> None:
    assert load(markup).text == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<ul><li>甲</li><li>乙</li></ul>", "・甲\n・乙\n"),
        ("<ul><li>甲<li>乙</ul>後", "・甲\n・乙\n\n後\n"),
        ("<ol><li>甲</li><li>乙</li></ol>", "1. 甲\n2. 乙\n"),
        ("<ol start=5><li>甲</li><li value=9>乙</li><li>丙</li></ol>", "5. 甲\n9. 乙\n10. 丙\n"),
        ("<ul><li>甲<ol><li>子</li></ol></li><li><p>乙</p><p>続き</p></li></ul>", "・甲\n  1. 子\n・乙\n続き\n"),
        ("<ul><li></li><li>乙</li></ul>", "・乙\n"),
    ],
)
def test_lists(markup: str, text: str, load) -> None:
    assert load(markup).text == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "<table><caption>表1　休暇</caption><tr><th>種類<th>日数<tr><td>結婚<td>５日</table>後",
            "表1　休暇\n\n種類 | 日数\n種類：結婚、日数：５日。\n\n後\n",
        ),
        (
            "<table><tr><td rowspan=2>本社</td><td>1階</td></tr><tr><td>2階</td></tr></table>",
            "本社 | 1階\n本社 | 2階\n",
        ),
        (
            "<table><tr><td>甲<td rowspan=2>乙<td>丙<tr><td>丁<td>戊<tr><td>己</table>",
            "甲 | 乙 | 丙\n丁 | 乙 | 戊\n甲 丁：己。\n",
        ),
        (
            "<table><tr><td colspan=2>広い<td rowspan=0>高い<tr><td>一<td>二<tr><td>三<td>四</table>",
            "広い | 高い\n一 | 二 | 高い\n三 | 四 | 高い\n",
        ),
        (
            "<table><thead><tr><th rowspan=9>頭<th>階</thead><tbody><tr><td>1<td>2</table><table><tr><td>後</table>",
            "頭 | 階\n頭：1、階：2。\n\n後\n",
        ),
        ("<table><tr><td rowspan=2>本社<td>1階<tr><td></table>", "本社 | 1階\n"),
        ("<table><tr><td colspan=2>全社</td></tr><tr><td>甲</td><td></td></tr></table>", "全社\n甲 | \n"),
        ("<table><tr><td><p>一</p><p>二</p></td><td>三<br>四</td></tr></table>", "一 二 | 三 四\n"),
        ("<table><tr><td><ul><li>甲</li><li>乙</li></ul></td><td>丙</td></tr></table>", "・甲 ・乙 | 丙\n"),
        ("<table><tr><td></td><td> </td></tr><tr><td>甲</td></tr></table>", "甲\n"),
        (
            "<table><tr><td>左の欄</td><td><h2>見出し</h2><p>本文</p><table><tr><td>a</td><td>b</td></tr></table></td></tr>"
            "</table>",
            "左の欄\n\n見出し\n\n本文\n\na | b\n",
        ),
    ],
)
def test_tables(markup: str, text: str, load) -> None:
    assert load(markup).text == text


def test_headings_are_anchors(load) -> None:
    document = load("<h1>規則</h1><p>前文</p><h2>第1章<br>総則</h2><h3><span>目的</span></h3><p>本文</p><h2></h2>")
    assert document.text == "規則\n\n前文\n\n第1章 総則\n\n目的\n\n本文\n"
    assert [(anchor.label, anchor.level, anchor.start, anchor.end) for anchor in document.anchors] == [
        ("規則", 1, 0, 2),
        ("第1章 総則", 2, 8, 14),
        ("目的", 3, 16, 18),
    ]
    assert document.heading_at(document.text.index("本文")) == ("規則", "第1章 総則", "目的")


def test_an_unclosed_heading_does_not_swallow_the_next(load) -> None:
    document = load("<h2>一<h2>二</h2><p>本文</p>")
    assert [anchor.label for anchor in document.anchors] == ["一", "二"]


def test_articles_count_as_headings_where_the_page_has_none(load) -> None:
    document = load("<h1>規程</h1><p>第1章　総則</p><p>第1条（目的）</p><p>本文</p>")
    assert document.heading_at(document.text.index("本文")) == ("規程", "第1章 総則", "第1条（目的）")


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<title> 就業規則\n 全文 </title><h1>別</h1>", "就業規則 全文"),
        ("<title>無題</title><p>前</p><h2>休暇</h2>", "休暇"),
        ("<title></title><p>短い一行目</p>", "短い一行目"),
        ("<p>" + "長" * 61, "頁"),
        ("<p>短い文です。</p>", "頁"),
    ],
)
def test_title(markup: str, title: str, load) -> None:
    document = load(markup)
    assert document.title == title


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "iso2022_jp", "utf-8"])
def test_declared_encoding_is_used(encoding: str, load) -> None:
    label = {"cp932": "Shift_JIS", "iso2022_jp": "ISO-2022-JP", "euc_jp": "EUC-JP"}.get(encoding, encoding)
    document = load(f'<html><head><meta charset="{label}"></head><body>都市計画</body></html>', encoding=encoding)
    assert document.text == "都市計画\n"
    assert document.metadata == {"format": "html", "encoding": encoding}


def test_mark_outranks_the_declaration(load) -> None:
    document = load('<meta charset="Shift_JIS"><p>都市計画</p>', encoding="utf-8-sig")
    assert (document.text, document.metadata["encoding"]) == ("都市計画\n", "utf-8-sig")


@pytest.mark.parametrize("root", ["html", "svg"])
def test_xml_declaration_is_no_text(root: str, load) -> None:
    markup = f'<?xml version="1.0" encoding="EUC-JP"?>\n<{root}><p>都市計画</p></{root}>'
    document = load(markup, encoding="euc_jp", name="頁.xhtml")
    assert (document.text, document.metadata["encoding"]) == ("都市計画\n", "euc_jp")


def test_readings_are_kept_as_anchors(load) -> None:
    document = load(
        "<h1><ruby>焙煎<rp>（</rp><rt>ばいせん</rt><rp>）</rp></ruby>の手引き</h1>"
        "<p><ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>と<ruby><rb>東</rb><rb>京</rb><rt>とう</rt><rt>きょう</rt></ruby>\n"
        "<ruby>駅<rt>えき<rp>)</ruby>で待つ。</p><table><tr><td><ruby>甲<rt>こう</rt></ruby><td>1</table>"
    )
    assert document.text == "焙煎の手引き\n\n漢字と東京駅で待つ。\n\n甲 | 1\n"
    assert [(document.text[each.start : each.end], each.label) for each in document.anchors if each.kind == "ruby"] == [
        ("焙煎", "ばいせん"),
        ("漢", "かん"),
        ("字", "じ"),
        ("東京", "とうきょう"),
        ("駅", "えき"),
        ("甲", "こう"),
    ]
    assert [each.label for each in document.anchors if each.kind == "heading"] == ["焙煎の手引き"]
    assert document.title == "焙煎の手引き"
    assert document.losses.ruby == 6


def test_rows_of_the_head_are_the_header(load) -> None:
    document = load(
        "<p>前</p><table><thead><tr><td>区分<td>行き先</thead><tbody><tr><th>甲<td>北</tbody></table><p>中</p>"
        "<table><tr><th>年<th colspan=2>数<tr><th>月<th>上<th>下<tr><td>1<td>2<td>3</table>"
    )
    assert document.text == (
        "前\n\n区分 | 行き先\n区分：甲、行き先：北。\n\n中\n\n年 | 数\n月 | 上 | 下\n年 月：1、数 上：2、数 下：3。\n"
    )
    assert [each.label for each in document.anchors if each.kind == "table"] == ["区分 | 行き先", "年 | 数"]

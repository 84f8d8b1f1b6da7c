from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rag.explanation.explanation import Explanation, Removal
from rag.explanation.shading import Shades
from rag.retrieval.hit import Hit
from rag.ui.gaze import View, build_shades
from rag.ui.rendering import (
    render_answer,
    render_conversation,
    render_examples,
    render_passages,
    render_removal,
)
from rag.ui.session import Exchange, Session
from rag.ui.words import load_words
from tests.ui.evidence import ANSWER, QUESTION, build_answer, build_exchange, build_explanation

JA, EN = load_words("ja"), load_words("en")
ESCAPED = "食堂は何時に&lt;閉まり&gt;ますか"


def test_empty_conversation_says_what_to_do() -> None:
    assert "下の欄に質問を書いてください" in render_conversation(Session(), JA)


def test_conversation_shows_each_turn_and_which_is_shown() -> None:
    answered = build_exchange(build_answer())
    none = build_exchange(build_answer(found=False), question="<x>")
    failed, pending = Exchange("甲", error="<乙>"), Exchange("丙")
    html = render_conversation(Session((answered, none, failed, pending), shown=1), JA)
    assert re.findall(r'data-turn="(\d)" aria-pressed="(\w+)"', html) == [("0", "false"), ("1", "true")]
    assert html.count('<li class="turn">') == 4
    assert ESCAPED in html
    assert "&lt;x&gt;" in html
    assert '<span class="text">午後二時</span>' in html
    assert "文書の中に答えが見つかりませんでした" in html
    assert 'role="alert">うまくいきませんでした：&lt;乙&gt;' in html
    assert "文書を探して読んでいます" in html


def test_examples_are_buttons_and_without_documents_a_hint() -> None:
    html = render_examples(['何"日'], JA, has_documents=True)
    assert '<button type="button" data-question="何&quot;日">何&quot;日</button>' in html
    assert render_examples((), JA, has_documents=True) == ""
    assert "まだ文書がありません" in render_examples(("何日",), JA, has_documents=False)


@pytest.mark.parametrize(
    ("confidence", "level", "said"),
    [
        (0.9, "high", "確かさ：高い 90 %"),
        (0.5, "medium", "確かさ：中くらい 50 %"),
        (0.1, "low", "確かさ：低い（根拠を確かめてください） 10 %"),
    ],
)
def test_answer_says_how_sure_it_is(confidence: float, level: str, said: str) -> None:
    html = render_answer(build_exchange(build_answer(confidence=confidence)), JA)
    assert f'<p class="confidence {level}">{said}' in html


def test_answer_quotes_its_sentence_and_names_its_place_once() -> None:
    html = render_answer(build_exchange(build_answer()), JA)
    assert '<blockquote lang="ja">食堂は<mark class="answer">午後二時</mark>に閉まる。</blockquote>' in html
    assert '<cite>社内&amp;案内</cite> <span class="step">›</span> 第2条 · 4 ページ' in html
    assert "14 文字目から 17 文字目" in html
    assert "視線を調べる 1.00 秒" in html
    assert ESCAPED in html


def test_answer_outside_the_passages_is_quoted_alone() -> None:
    answer = replace(build_answer(), passages=())
    assert '<blockquote lang="ja"><mark class="answer">午後二時</mark></blockquote>' in render_answer(
        Exchange(QUESTION, answer), JA
    )


def test_no_answer_lists_the_nearest_candidates() -> None:
    html = render_answer(build_exchange(build_answer(found=False)), EN)
    assert '<p class="verdict none">No answer was found in the documents</p>' in html
    assert "Nearest candidates" in html
    assert "<blockquote" not in html
    assert re.findall(r"<li><span>(.*?)</span>", html) == ["午後二時", "夜に", "朝に"]


def test_answer_says_that_the_gaze_is_still_looked_for_and_what_was_searched() -> None:
    answer = replace(build_answer(explained=False), search_question="前の質問 <今>")
    html = render_answer(build_exchange(answer), JA)
    assert "視線を調べています" in html
    assert "探した言葉：前の質問 &lt;今&gt;" in html
    failed = render_answer(build_exchange(answer, error="<壊>"), JA)
    assert "視線を調べています" not in failed
    assert "うまくいきませんでした：&lt;壊&gt;" in failed


def test_pending_failed_and_missing_answers() -> None:
    assert "質問すると" in render_answer(None, JA)
    assert "文書を探して読んでいます" in render_answer(Exchange("甲"), JA)
    assert render_answer(Exchange("甲", error="乙"), JA) == '<p class="failure">うまくいきませんでした：乙</p>'


def test_matched_words_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hit, "matched", property(lambda _: ("<閉>",)))
    html = render_passages(build_exchange(build_answer()), build_shades(build_explanation(), View()), "sentence", JA)
    assert "<li>&lt;閉&gt;</li>" in html


def test_passages_show_the_gaze_and_why_they_were_found() -> None:
    html = render_passages(build_exchange(build_answer()), build_shades(build_explanation(), View()), "sentence", JA)
    assert re.findall(r'class="sentence" style="--gaze:([\d.]+)" title="(.*?)"', html) == [
        ("1.00", "視線の 53 %"),
        ("0.38", "視線の 7.5 %"),
        ("0.74", "視線の 29 %"),
        ("0.46", "視線の 11 %"),
    ]
    assert re.findall(r"</span>視線の (\d+ %)</span></header>", html) == ["60 %", "40 %"]
    assert "強い（最大 53 %）" in html
    assert "見つけた理由：言葉の一致 1 位 · 意味の近さ 3 位 · 読解 1 位" in html
    assert "<li>食堂</li><li>閉まる</li><li>閉まら</li>" in html
    assert "&lt;b&gt;閉まらない" in html
    assert "<b>" not in html


def test_legend_of_words_tells_the_share_of_words() -> None:
    shades = build_shades(build_explanation(), View(unit="word"))
    html = render_passages(build_exchange(build_answer()), shades, "word", JA)
    # The answer's own 23 % do not count.
    assert "強い（最大 21 %）" in html
    assert 'data-unit="word"' in html


def test_passages_mark_the_answer_and_likely_candidates_only() -> None:
    html = render_passages(build_exchange(build_answer()), Shades(), "sentence", JA)
    assert re.findall(r'<mark class="(\w+)">(.*?)</mark>', html) == [
        ("answer", "答え"),
        ("candidate", "候補"),
        ("answer", ANSWER),
        ("candidate", "夜に"),
    ]
    assert "scale" not in html
    unfound = render_passages(build_exchange(build_answer(found=False)), Shades(), "sentence", JA)
    assert set(re.findall(r'<mark class="(\w+)">', unfound)) == {"candidate"}


def test_without_passages_there_is_nothing_to_show() -> None:
    nothing = Exchange("甲", replace(build_answer(), passages=()))
    assert [render_passages(each, Shades(), "word", JA) for each in (None, Exchange("甲"), nothing)] == ["", "", ""]


def explain(attended: float, random: float, agreement: float | None = None) -> Explanation:
    return build_explanation(removal=Removal(attended, random, build_explanation().sentences[:3], agreement))


@pytest.mark.parametrize(
    ("attended", "random", "said"),
    [(2.0, 0.1, "この答えを支えています"), (0.11, 0.1, "視線だけから根拠を判断しないでください")],
    ids=["supports", "neutral"],
)
def test_removal_is_told_in_words(attended: float, random: float, said: str) -> None:
    html = render_removal(build_exchange(replace(build_answer(), explanation=explain(attended, random))), JA)
    assert said in html
    assert "よく見ていた 3 つの文を除いて" in html
    assert "無作為に選んだ同じ数の文を除いたときは、もとの 90 % です" in html


def test_gaze_and_grounds_that_part_are_warned_of() -> None:
    explanation = explain(0.15, 0.1, agreement=-0.4)
    html = render_removal(build_exchange(replace(build_answer(), explanation=explanation)), JA)
    assert "注目と根拠が一致しません" in html
    assert "−0.40" in html or "-0.40" in html
    assert "支えています" not in html


def test_removal_of_a_candidate_is_not_called_support() -> None:
    html = render_removal(build_exchange(build_answer(found=False)), JA)
    assert "いちばん近い候補について" in html
    assert "支えています" not in html


def test_without_a_removal_nothing_is_said() -> None:
    unmeasured = replace(build_answer(), explanation=build_explanation(removal=None))
    for exchange in (None, Exchange("甲"), build_exchange(unmeasured), build_exchange(build_answer(explained=False))):
        assert render_removal(exchange, JA) == ""

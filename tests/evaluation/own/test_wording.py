"""Questions that read well, and answers that say something."""

from __future__ import annotations

import pytest

from rag.evaluation.own.wording import is_telling, keeps_complements, reads_well, stands_by_itself


@pytest.mark.parametrize(
    ("question", "well"),
    [
        ("荷役班の班長は月ごとに何を点検しますか。", True),
        ("製造部から営業部又はサービス部へ移るのは誰ですか。", True),
        ("製造部から営業部又は移ってから受けさせるのは誰ですか。", False),
        ("会社は一日につき何円を払いますか。", True),
        ("会社は何円をしてつき払いますか。", False),
        ("いつ超えて長引くときは代替機を貸しますか。", False),
        ("鍵が掛かっていることを見るのは何つか。", False),
        ("「復元依頼（様式D-何）」でしょうか。", False),
        ("製造番号が右へ打ってあるのは何からですか。", False),
        ("「復元依頼は何ですか。", False),
        ("係長は記録が何に写しが残りますか。", False),
        ("題名は童話は何ですか。", False),
        ("・青空商会は何を建てましたか。", False),
        ("翌何月に倉庫を建てましたか。", False),
        ("昼前に何が下がっていたことですか。", False),
        ("昼前に下がっていたことであるのは何ですか。", False),
        ("元圧が下がると何が鳴りますか。", True),
    ],
)
def test_breaks_are_seen(question: str, well: bool) -> None:
    assert reads_well(question) is well


@pytest.mark.parametrize(
    ("answer", "telling"),
    [
        ("1982年", True),
        ("三十分", True),
        ("起重機の綱", True),
        ("トルクレンチ", True),
        ("札幌市", True),
        ("会社", False),
        ("者", False),
        ("一つ", False),
        ("七日", False),  # of the month, or so many?
        ("扉の右手、床", False),
        ("その旨", False),
        ("」の綱", False),
        ("航海学校卒業後", False),
        ("嵐の警報が出た場合", True),
        ("一部", False),
    ],
)
def test_answers_say_something(answer: str, telling: bool) -> None:
    assert is_telling(answer) is telling


SENTENCE = "休職者は、復職に先立って試し出勤をする。"


@pytest.mark.parametrize(
    ("question", "answer", "whole"),
    [
        ("誰が復職に先立って試し出勤をしますか。", "休職者", True),
        ("誰が先立って試し出勤をしますか。", "休職者", False),
        ("先立って試し出勤をするのは誰ですか。", "休職者", False),
        ("誰が復職に先立ち試し出勤をしますか。", "休職者", True),
        ("誰が先立ち試し出勤をしますか。", "休職者", False),
        ("休職者が先立って試し出勤をするのは何ですか。", "復職", True),  # what is asked for may stand at the end
    ],
)
def test_verbs_keep_what_they_need(question: str, answer: str, whole: bool) -> None:
    start = SENTENCE.index(answer)
    assert keeps_complements(question, SENTENCE, (start, start + len(answer))) is whole


@pytest.mark.parametrize(
    ("sentence", "answer", "whole"),
    [
        ("受講料は48,000円です。", "48,000円", True),
        ("受講料は48,000円です。", "000円", False),
        ("営業部又はサービス部が受ける。", "営業部", False),
        ("営業部又はサービス部が受ける。", "サービス部", False),
        ("運用係と課長が持つ。", "運用係", False),
        ("保守は運用係とする。", "運用係", True),
        ("係長、主任及び班長に貸す。", "係長", False),
        ("四月から六月まで貸す。", "四月", False),
        ("倉庫は旧港より前に建てた。", "旧港", False),
        ("係長などに貸す。", "係長", False),
        ("翌五月に貸す。", "五月", False),
    ],
)
def test_answers_are_no_part_of_a_list_or_number(sentence: str, answer: str, whole: bool) -> None:
    start = sentence.index(answer)
    assert stands_by_itself(sentence, (start, start + len(answer))) is whole

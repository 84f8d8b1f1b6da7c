"""Parts said in fewer words."""

from __future__ import annotations

import pytest

from rag.evaluation.own.brevity import shorten_part
from rag.evaluation.own.clauses import build_clauses


@pytest.mark.parametrize(
    ("sentence", "brief"),
    [
        ("世界の音楽配信市場規模は、去年の夏に広がった。", ["市場規模は、", "去年の夏に"]),
        ("班長は無記名投票により、2015年時点の額を選んだ。", ["班長は", "無記名投票により、", "2015年時点の額を"]),
        ("長く勤めた者は、嵐の倉庫を冬の末に離れた。", ["長く勤めた者は、", "倉庫を", "冬の末に"]),
        ("嵐の警報が出た場合には、港湾管理者は水門を閉める。", ["嵐の警報が出た場合には、", "管理者は", "水門を"]),
    ],
)
def test_names_lose_what_describes_them_unless_they_say_nothing_alone(sentence: str, brief: list[str]) -> None:
    parts = [shorten_part(part).text for clause in build_clauses(sentence) for part in clause.parts]
    assert parts == brief

"""Place and number: what is read, in which order, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.documents.document import Document
from rag.errors import ArgumentError
from rag.evaluation.datasets import Dataset, GoldAnswer, Question
from rag.evaluation.longtext.gold import GoldPassage
from rag.evaluation.longtext.position import (
    Surroundings,
    choose_others,
    evaluate_position,
    list_inputs,
    list_readings,
    order_passages,
)
from rag.evaluation.longtext.position_grid import Manner, PositionGrid, choose_places
from rag.evaluation.longtext.position_page import find_findings
from rag.retrieval.hit import Hit, Passage
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder
from tests.reading import tiny


@pytest.mark.parametrize(
    ("k", "most", "places"),
    [
        (1, 5, [1]),
        (2, 5, [1, 2]),
        (5, 5, [1, 2, 3, 4, 5]),
        (10, 5, [1, 3, 5, 7, 10]),
        (20, 3, [1, 10, 20]),
        (9, 2, [1, 9]),
    ],
)
def test_places_are_spread_from_the_first_to_the_last(k: int, most: int, places: list[int]) -> None:
    assert choose_places(k, most=most) == places


def test_readings_of_one_question() -> None:
    grid = PositionGrid((1, 3), places=2)
    joint = [("joint", 1, 1), ("search", 1, None), ("joint", 3, 1), ("joint", 3, 3), ("search", 3, None)]
    assert list_readings(grid, apart=False) == joint
    assert [reading for reading in list_readings(grid, apart=True) if reading[0] == "separate"] == [
        ("separate", 1, None), ("separate", 3, None),
    ]  # fmt: skip


@pytest.mark.parametrize("grid", [PositionGrid(()), PositionGrid((0,)), PositionGrid((2, 2)), PositionGrid((2,), 1)])
def test_grids_that_make_no_sense_are_refused(grid: PositionGrid) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        grid.check()


GOLD = GoldPassage(Question("q", "d", "休暇は", (GoldAnswer("十日", 103),)), 100, "休暇は十日とする。")


def hit(document: str, start: int, text: str, score: float = 1.0) -> Hit:
    return Hit(start, document, start, start + len(text), text, score, None, None)


def test_others_hold_no_answer_and_overlap_nothing() -> None:
    hits = [
        hit("d", 80, "字" * 21, 0.9),  # reaches into the gold passage
        hit("e", 0, "別の会社の休暇は十\n日である。", 0.8),  # holds the answer
        hit("e", 50, "丘の上の空。", 0.7),
        hit("e", 53, "上の空は青い。", 0.6),  # overlaps the one before
        hit("d", 90, "字" * 10 + "休暇は十日とする。", 0.5),  # holds the accepted span
        hit("d", 60, "海は広い。", 0.4),
        hit("d", 70, "多すぎる。", 0.3),
    ]
    found = choose_others(GOLD, hits, count=2)
    assert [(passage.document_id, passage.start) for passage in found.others] == [("e", 50), ("d", 60)]
    assert (found.rank, found.gold.score, found.gold.text) == (1, 0.5, "休暇は十日とする。")
    assert choose_others(GOLD, hits[:4], count=2).rank is None


def build(rank: int | None) -> Surroundings:
    others = tuple(Passage("e", number, number + 1, str(number), 0.9 - number / 10) for number in range(3))
    return Surroundings(Passage("d", 0, 1, "正", 0.75), others, rank)


@pytest.mark.parametrize(
    ("manner", "k", "place", "rank", "expected"),
    [
        ("joint", 1, 1, 1, "正"), ("joint", 3, 1, 1, "正01"), ("joint", 3, 2, 1, "0正1"), ("joint", 4, 4, 1, "012正"),
        ("separate", 3, None, 1, "正01"), ("search", 3, None, 1, "0正1"), ("search", 2, None, 3, "0正"),
        ("search", 2, None, None, None), ("joint", 5, 1, 1, None),
    ],
)  # fmt: skip
def test_passages_are_read_in_this_order(
    manner: Manner, k: int, place: int | None, rank: int | None, expected: str | None
) -> None:
    passages = order_passages(build(rank), manner, k, place)
    assert (None if passages is None else "".join(passage.text for passage in passages)) == expected
    if passages is not None:
        scores = {passage.score for passage in passages}
        assert scores == {1.0} if manner != "search" else 0.75 in scores


def test_inputs_say_which_passages_stand_together() -> None:
    reader = tiny.build_bert(max_length=24)
    passages = [Passage("d", 0, len(text), text, 1.0) for text in ("年次有給休暇", "従業員会社", "取得" * 8)]
    assert list_inputs(reader, "何日", passages, together=True) == [{0, 1}, {2}]
    assert list_inputs(reader, "何日", passages, together=False) == [{0}, {1}, {2}]
    assert list_inputs(FakeReader({}), "何日", passages, together=True) == []  # type: ignore[arg-type]


RULES = "年次有給休暇は十日とする。"
TEXTS = [RULES, *(f"休暇の届は{name}課に出す。丘の上の空は青い。" for name in "総務経理庶販開発製造")]
DATASET = Dataset(
    {f"d{number}": Document(f"d{number}", "", text, f"d{number}") for number, text in enumerate(TEXTS)},
    (Question("q0", "d0", "休暇は", (GoldAnswer("十日", RULES.index("十日")),)), Question("q1", "d0", "席は", ())),
)


def evaluate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reader: FakeReader, *numbers: int
) -> list[dict[str, object]]:
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)
    report = evaluate_position(
        DATASET, Settings(size=60, stride=60, mode="lexical"), grid=PositionGrid(numbers, 3), out=folder / "run"
    )
    return [dict(row) for row in report.rows]


def test_rows_hold_what_was_read_at_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FakeReader({"休暇は": "十日"})
    rows = evaluate(tmp_path, monkeypatch, reader, 1, 4)
    assert [(row["manner"], row["k"], row["place"], row["f1"], row["refused"], row["from_gold"]) for row in rows] == [
        ("joint", 1, 1, 1, 0, 1), ("search", 1, 1, 1, 0, 1), ("joint", 4, 1, 1, 0, 1), ("joint", 4, 2, 1, 0, 1),
        ("joint", 4, 4, 1, 0, 1), ("search", 4, rows[-1]["place"], 1, 0, 1),
    ]  # fmt: skip
    places = [texts.index(RULES) + 1 for _, texts in reader.seen]
    assert places == [row["place"] for row in rows]
    assert [len(texts) for _, texts in reader.seen] == [1, 1, 4, 4, 4, 4]
    assert (tmp_path / "run" / "place_f1.png").exists()
    assert "何番目か" not in (tmp_path / "run" / "run.json").read_text(encoding="utf-8")


def test_a_refusal_scores_nothing_but_its_candidate_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (row, _) = evaluate(tmp_path, monkeypatch, FakeReader({"休暇は": "十日"}, {"休暇は": -1.0}), 1)
    assert (row["f1"], row["refused"], row["false_answer"], row["candidate_f1"], row["from_gold"]) == (0, 1, 0, 1, 1)


def test_an_answer_from_elsewhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = evaluate(tmp_path, monkeypatch, FakeReader({"休暇は": "丘"}), 1, 3)
    told = {
        (row["k"], row["refused"], row["false_answer"], row["from_gold"]) for row in rows if row["manner"] == "joint"
    }
    assert told == {(1, 1, 0, 0), (3, 0, 1, 0)}


def test_too_few_others_leave_the_row_without_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = evaluate(tmp_path, monkeypatch, FakeReader({"休暇は": "十日"}), 1, 50)
    lacking = [row for row in rows if row["k"] == 50]
    assert {row.get("f1") for row in lacking} == {None}
    assert {row["others"] for row in lacking} == {len(TEXTS) - 1}


def build_rows(beside: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for question, first, last in (("一", 1.0, 0.5), ("二", 0.5, 0.0), ("三", 1.0, 0.5)):
        common = {"question": question, "k": 4, "inputs": 4.0, "beside": beside}
        rows += [
            {**common, "manner": "joint", "place": place, "f1": f1, "candidate_f1": f1}
            for place, f1 in ((1, first), (2, 0.5), (4, last))
        ]
        rows.append({**common, "manner": "separate", "place": None, "f1": 0.5, "candidate_f1": 0.5})
    return rows


def test_findings_compare_question_by_question() -> None:
    found = find_findings(build_rows(2.0), PositionGrid((4,), 3))
    assert found["場所 F1 / place"] == "4 箇所の 1 番目 0.83、4 番目 0.33、差 +0.50 [+0.50, +0.50]"
    assert found["中ほど F1 / middle"] == "4 箇所の 1 番目 0.83、2 番目 0.50、差 +0.33 [+0.00, +0.50]"
    assert found["読み方 F1 / reading"] == "4 箇所をまとめて 0.56、別々に 0.50、差 +0.06 [-0.17, +0.17]"
    assert "数 F1 / number" not in found
    assert "--size" not in str(found["詰め方 / packing"])


def test_passages_that_never_share_an_input_are_told() -> None:
    packing = str(find_findings(build_rows(1.0), PositionGrid((4,), 3))["詰め方 / packing"])
    assert packing.startswith("4 箇所は平均 4.0 入力に分かれ、正解の段落の入力には自身を含め平均 1.0 箇所")
    assert "--size" in packing

import pytest

from rag.evaluation.experiment.measure import Kind, Measure

ROWS = [
    {"mode": "a", "f1": 0.2, "seconds": 1.0},
    {"mode": "a", "f1": 0.6, "seconds": 2.0},
    {"mode": "b", "f1": None, "seconds": 4.0},
    {"mode": "b", "f1": 1.0, "seconds": 9.0},
]


@pytest.mark.parametrize(
    ("kind", "value"), [("mean", 4.0), ("median", 3.0), ("p95", 8.25), ("max", 9.0), ("count", 4.0)]
)
def test_kinds(kind: Kind, value: float) -> None:
    assert Measure("seconds", kind=kind).compute(ROWS) == pytest.approx(value)


def test_only_rows_that_meet_the_conditions_and_hold_a_value_count() -> None:
    assert Measure("f1", {"mode": "a"}, scale=100).compute(ROWS) == pytest.approx(40)
    assert Measure("f1", {"mode": "b"}).compute(ROWS) == 1.0
    assert Measure("f1", {"mode": "c"}).compute(ROWS) is None
    assert Measure("absent").compute(ROWS) is None


def test_the_interval_holds_the_mean_and_is_scaled() -> None:
    found = Measure("seconds", scale=10).interval(ROWS)
    assert found is not None
    assert found.mean == pytest.approx(40)
    assert 10 <= found.low < 40 < found.high <= 90
    assert Measure("seconds", kind="max").interval(ROWS) is None


PAIRED = [
    {"question": "一", "mode": "a", "f1": 0.2, "seconds": 1.0},
    {"question": "二", "mode": "a", "f1": 0.6, "seconds": 2.0},
    {"question": "三", "mode": "a", "f1": 0.9, "seconds": 5.0},
    {"question": "二", "mode": "b", "f1": 1.0, "seconds": 8.0},
    {"question": "一", "mode": "b", "f1": 0.4, "seconds": 1.0},
]


def test_a_difference_pairs_rows_by_their_question() -> None:
    measure = Measure("f1", {"mode": "b"}, scale=100, against={"mode": "a"})
    assert measure.compute(PAIRED) == pytest.approx(30)  # +20 and +40; the third question has no pair
    assert [row["seconds"] for row in measure.select(PAIRED)] == [8.0, 1.0, 1.0, 2.0, 5.0]
    found = measure.interval(PAIRED)
    assert found is not None
    assert (found.mean, found.low, found.high) == (pytest.approx(30), pytest.approx(20), pytest.approx(40))
    assert Measure("f1", {"mode": "c"}, against={"mode": "a"}).compute(PAIRED) is None


def test_a_speedup_is_the_geometric_mean_of_the_ratios() -> None:
    measure = Measure("seconds", {"mode": "a"}, kind="speedup", against={"mode": "b"})
    assert measure.compute(PAIRED) == pytest.approx(2.0)  # four times and once
    found = measure.interval(PAIRED)
    assert found is not None
    assert (found.mean, found.low, found.high) == (pytest.approx(2), pytest.approx(1), pytest.approx(4))


def test_a_higher_level_is_a_wider_interval() -> None:
    rows = [{"question": str(n), "f1": n % 7 / 7} for n in range(60)]
    narrow, wide = (Measure("f1", level=level).interval(rows) for level in (0.8, 0.99))
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high

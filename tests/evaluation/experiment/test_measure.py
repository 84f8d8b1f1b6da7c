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

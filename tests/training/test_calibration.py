"""What a reader is calibrated on: whether there is an answer is what stands in the passages, not in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from rag.evaluation.datasets.dataset import Dataset, GoldAnswer, Question
from rag.retrieval.hit import Hit, Passage
from rag.training import calibration
from tests.conformance.search_index import build_document

TEXT = "休暇は年に二十日である。届け出は三日前までに出す。印は要らない。"


def build_hit(start: int, end: int) -> Hit:
    return Hit(start, "甲", start, end, TEXT[start:end], 1.0, dense_rank=1, lexical_rank=None)


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([build_hit(0, 12)], [["二十日"]]),
        ([build_hit(0, 6), build_hit(6, 12)], [["二十日"], ["二十日"]]),
        ([build_hit(12, 25)], [[], []]),
    ],
    ids=["found", "shared by two hits", "missed"],
)
def test_an_answer_counts_where_it_was_found(
    hits: list[Hit], expected: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = build_document("甲", TEXT)
    start = TEXT.index("二十日")
    question = Question("一", document.id, "休暇は何日か", (GoldAnswer("二十日", start),))
    library = SimpleNamespace(
        add_documents=lambda _: None,
        search=lambda *_, **__: hits,
        load_slice=lambda _, first, last: TEXT[first:last],
        settings=SimpleNamespace(hits=10, passage_characters=1200),
    )

    @contextmanager
    def open_library(*_: object, **__: object) -> Iterator[object]:
        yield library

    held: list[Sequence[str]] = []

    def judge(_: object, __: str, passages: Sequence[Passage], *rest: object) -> None:
        assert passages
        held.append(rest[-1])  # type: ignore[arg-type]

    monkeypatch.setattr(calibration, "load_samples", lambda: Dataset({document.id: document}, (question,)))
    monkeypatch.setattr(calibration, "Library", SimpleNamespace(open=open_library))
    monkeypatch.setattr(calibration, "_judge", judge)
    list(calibration._read_samples(SimpleNamespace(name="読む")))  # type: ignore[arg-type]
    assert held == expected

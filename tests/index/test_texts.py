from __future__ import annotations

import pytest

from rag.index import texts
from rag.index.texts import TextCache


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids whose text was asked of the catalog, in order."""
    asked: list[str] = []

    def load(_: object, document_id: str) -> str:
        asked.append(document_id)
        return document_id * 4

    monkeypatch.setattr(texts, "load_text", load)
    monkeypatch.setattr(texts, "KEPT_CHARACTERS", 8)
    return asked


def test_texts_used_last_stay(loads: list[str]) -> None:
    cache = TextCache()
    assert [cache.load(None, name) for name in "甲乙甲丙甲乙"] == [name * 4 for name in "甲乙甲丙甲乙"]  # type: ignore[arg-type]
    assert loads == list("甲乙丙乙")


def test_a_text_longer_than_the_limit_stays_alone(loads: list[str]) -> None:
    cache = TextCache()
    for name in ("甲", "長い文章", "長い文章", "甲"):
        cache.load(None, name)  # type: ignore[arg-type]
    assert loads == ["甲", "長い文章", "甲"]

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.library.library import Library
from tests.evaluation.own.texts import HARBOUR_DOCUMENT, MUSEUM_DOCUMENT, OneMindedReader
from tests.fakes import FakeEncoder


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every library has stand-ins for its models; the reader says 港湾管理者 or 起重機の綱."""
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: OneMindedReader("港湾管理者", "起重機の綱"))


@pytest.fixture
def library(tmp_path: Path, fake_models: None) -> Iterator[Library]:
    """A library of two short documents."""
    folder = tmp_path / "library"
    with Library.open(folder, settings=Settings(library=str(folder), reranked=0, size=60, stride=30)) as opened:
        opened.add_documents([HARBOUR_DOCUMENT, MUSEUM_DOCUMENT])
        yield opened

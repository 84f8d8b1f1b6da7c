"""Files are read again once they may be read otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.documents import fingerprint
from rag.documents.fingerprint import fingerprint_loaders


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the code that is hashed."""
    real = Path(fingerprint.__file__).parents[1]
    for room in ("documents", "text", "index"):
        shutil.copytree(real / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "__file__", str(tmp_path / "documents" / "fingerprint.py"))
    monkeypatch.setattr("rag.documents.pdf_ocr.can_recognise", lambda: False)
    yield tmp_path
    fingerprint_loaders.cache_clear()


def measure() -> str:
    fingerprint_loaders.cache_clear()
    return fingerprint_loaders()


@pytest.mark.parametrize(
    ("changed", "counts"), [("documents/html.py", True), ("text/articles.py", True), ("index/catalog.py", False)]
)
def test_the_code_that_reads_counts(changed: str, counts: bool, package: Path) -> None:
    before = measure()
    assert measure() == before
    (package / changed).write_text("other", encoding="utf-8")
    assert (measure() != before) == counts


def test_tesseract_counts(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = measure()
    monkeypatch.setattr("rag.documents.pdf_ocr.can_recognise", lambda: True)
    assert measure() != before

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from rag.ui import words as module
from rag.ui.words import choose_language, format_percent, load_words

JA, EN = load_words("ja"), load_words("en")
SOURCES = sorted(Path(module.__file__).parent.glob("*.py"))


def test_both_languages_say_the_same_things() -> None:
    assert list(JA) == list(EN)
    assert all(text.strip() for text in (*JA.values(), *EN.values()))


@pytest.mark.parametrize("key", JA)
def test_both_languages_leave_the_same_places(key: str) -> None:
    assert sorted(re.findall(r"{\w*}", JA[key])) == sorted(re.findall(r"{\w*}", EN[key]))


def test_all_words_asked_for_are_there() -> None:
    asked = {
        node.slice.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        if isinstance(node.value, ast.Name) and node.value.id == "words"
    }
    assert len(asked) > 20
    assert asked <= set(JA)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("JA;q=1", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("fr,ja;q=0.5", "en"),
        ("jam", "en"),
        ("", "en"),
    ],
)
def test_the_first_language_of_the_browser_counts(accepted: str, language: str) -> None:
    assert choose_language(accepted) == language


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.003, "0.3 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.42, "42 %"),
        (1, "100 %"),
    ],
)
def test_shares_are_written_for_people(share: float, text: str) -> None:
    assert format_percent(share) == text

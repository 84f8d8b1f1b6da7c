"""What the page says, in Japanese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from rag.documents.phrase import Language
from rag.text.percent import format_percent as format_percent

if TYPE_CHECKING:
    import gradio as gr

Words = Mapping[str, str]
"""Message by key; messages hold `{name}` places for `str.format`."""

ASSETS = Path(__file__).parent / "assets"


@cache
def load_words(language: Language) -> Words:
    """Read all messages of one language."""
    return MappingProxyType(json.loads((ASSETS / f"{language}.json").read_text(encoding="utf-8")))


def choose_language(accepted: str) -> Language:
    """Choose a language as the browser does: by the first language of its Accept-Language header.

    A page in a third language is shown in English.
    """
    first = accepted.split(",")[0].split(";")[0].strip().lower()
    primary = first.split("-")[0]
    return next((language for language in get_args(Language) if language == primary), "en")


def language_of(words: Words) -> Language:
    """Return the language that messages are in."""
    return "ja" if words["language"] == "ja" else "en"


def words_of(request: gr.Request) -> Words:
    """Read the messages in the language of the browser that made a request."""
    return load_words(choose_language(request.headers.get("accept-language", "")))

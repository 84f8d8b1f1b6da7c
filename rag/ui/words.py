"""What the page says, in Japanese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import gradio as gr

Language = Literal["ja", "en"]
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


def words_of(request: gr.Request) -> Words:
    """Read the messages in the language of the browser that made a request."""
    return load_words(choose_language(request.headers.get("accept-language", "")))


def format_percent(share: float) -> str:
    """Write a share for people: "42 %", "0.3 %" when it is small, "<0.1 %" when it is next to nothing."""
    percent = share * 100
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 9.95 else f"{percent:.0f} %"

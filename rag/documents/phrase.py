"""What is said of files, in the two languages of the messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same words in Japanese and in English, to be put into the two halves of a message."""

    ja: str = ""
    en: str = ""

"""Citations in a generated answer: "[1]", "［１］", "[1, 2]" and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CITATION = re.compile(r"[ \t\u3000]*[\[［【]\s*(\d{1,3}(?:\s*[,、，・]\s*\d{1,3})*)\s*[\]］】]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class CitedNumber:
    """A number cited: `start:end` are its digits in the text, `claim` the words since the citation before."""

    number: int
    start: int
    end: int
    claim: str


def find_citations(text: str) -> Iterator[CitedNumber]:
    """Find the numbers cited in a text, in its order; citations that stand together share one claim."""
    claim, reached = "", 0
    for citation in _CITATION.finditer(text):
        claim = text[reached : citation.start()].strip("。、 \u3000\n") or claim
        for number in _NUMBER.finditer(text, *citation.span(1)):
            yield CitedNumber(int(number.group()), *number.span(), claim)
        reached = citation.end()


def strip_citations(text: str) -> str:
    """Return a text without its citations."""
    return _CITATION.sub("", text).strip()

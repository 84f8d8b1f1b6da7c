"""Readings beside characters (ruby): marked while text is laid out, then taken out of it and kept as anchors."""

from __future__ import annotations

import re

from rag.documents.anchor import Anchor

START, READING, END = "\ufdd0", "\ufdd1", "\ufdd2"
"""Three of the code points that Unicode gives to no character, for programs to use inside."""
MARKS = f"{START}-{END}"
MARKED = re.compile(f"{START}([^{MARKS}]*){READING}([^{MARKS}]*){END}")


def mark_ruby(base: str, reading: str) -> str:
    """Mark characters with their reading, for `read_ruby`; white space around them stays outside the mark."""
    core = base.strip()
    if not core or not reading.strip():
        return base
    before, _, after = base.partition(core)
    return f"{before}{START}{core}{READING}{reading}{END}{after}"


def read_ruby(text: str) -> tuple[str, list[Anchor]]:
    """Take the marked readings out of a text; return it without, and an anchor for each."""
    if START not in text:
        return text, []
    pieces: list[str] = []
    anchors: list[Anchor] = []
    length = covered = 0
    for match in MARKED.finditer(text):
        between, base = text[covered : match.start()], match[1]
        start = length + len(between)
        length = start + len(base)
        pieces += between, base
        anchors.append(Anchor("ruby", start, length, " ".join(match[2].split())))
        covered = match.end()
    pieces.append(text[covered:])
    return "".join(pieces), anchors

"""Readings (ruby) beside the lines of a PDF: small kana along the characters they are for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.documents.pdf_glyphs import Glyphs
from rag.documents.pdf_runs import Run, Runs

READING = re.compile(r"[ぁ-ゖァ-ヺー・゛゜\s　]+")
KANJI = re.compile("[々〆ヶ\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LARGEST = 0.65
"""Size of a reading, in sizes of the text it is beside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading, and the glyphs `first:last` that it is for."""

    first: int
    last: int
    text: str


def split_ruby(runs: Runs, glyphs: Glyphs) -> tuple[list[Run], list[Reading]]:
    """Part the runs of a page into those of the text and readings of kanji in it."""
    text: list[Run] = []
    readings: list[Reading] = []
    bases = sorted(runs.runs, key=lambda run: run.top)
    for run in runs.runs:
        reading = _find_base(run, bases, runs, glyphs) if READING.fullmatch(run.text) else None
        if reading is None:
            text.append(run)
        else:
            readings.append(reading)
    return text, readings


def _find_base(run: Run, others: Sequence[Run], runs: Runs, glyphs: Glyphs) -> Reading | None:
    """Find the kanji that a run of kana stands beside."""
    for base in others:
        if run.size > LARGEST * base.size or not -0.4 * run.size <= base.top - run.bottom <= run.size:
            continue
        slack = 0.3 * base.size
        covered = [
            index
            for index in range(base.first, base.last)
            if KANJI.match(glyphs.characters[index])
            and run.start - slack <= (runs.starts[index] + runs.ends[index]) / 2 <= run.end + slack
        ]
        if covered:
            return Reading(covered[0], covered[-1] + 1, "".join(run.text.split()))
    return None

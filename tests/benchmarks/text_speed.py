"""How fast is the text read, and does the time grow with the text only? Characters per second of every stage.

    python tests/benchmarks/text_speed.py rag/samples/work_rules.txt
    python tests/benchmarks/text_speed.py --hostile

The file is repeated to `--characters`; a quarter, half and all of it are read. Printed are thousands of characters per
second for each, the share of the slowest stage's time, and the growth: time of the whole over time of the quarter,
where 4 is linear and 16 is quadratic. `--hostile` reads instead texts that invite quadratic time, one line each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from rag.chunks.windows import build_windows
from rag.documents.document import Document
from rag.text.articles import find_headings
from rag.text.morphology import analyze
from rag.text.normalization import fold, normalize
from rag.text.numbers import find_numbers
from rag.text.outline import Outline
from rag.text.provisions import find_provisions
from rag.text.references import find_references
from rag.text.sentences import split_sentences
from rag.text.terms import build_terms

PARTS = (4, 2, 1)
STAGES: dict[str, Callable[[str], object]] = {
    "normalize": normalize,
    "fold": fold,
    "find_numbers": find_numbers,
    "split_sentences": split_sentences,
    "find_headings": find_headings,
    "find_provisions": find_provisions,
    "find_references": lambda text: find_references(Outline(text)),
    "analyze": analyze,
    "build_terms": build_terms,
    "build_windows": lambda text: build_windows(Document("0", "", text, ""), size=400, stride=200),
}
HOSTILE = {
    "one line": "年次有給休暇は、半日の単位で取得することができるものとし",
    "one letter": "あ",
    "headings": "第1条（目的）\n",
    "numbered headings": "1.2 目的\n",
    "short lines": "休暇\n",
    "brackets that open": "「",
    "brackets that close": "」",
    "brackets in turn": "（」",
    "full stops": ".",
    "sentence ends": "。",
    "leaders": "…",
    "spaces": " ",
    "spaces and stops": " 。",
    "tabs": "\t",
    "line ends": "\n",
    "bars": "|\n",
    "digits": "1",
    "digits and commas": "123,",
    "digits and stops": "1.",
    "numerals": "一",
    "units": "万",
    "half-width kana": "ｶﾞ",
    "voicing marks": "\u3099",
    "Hangul": "\u1100\u1161",
    "long vowels": "アー―",
    "people": "👨\u200d👩",
    "lone surrogates": "\ud800",
}
OPENINGS = ("", "第1条", "1 ", "（")
"""What a hostile line begins with: some rules look only at lines that begin like a heading."""


def measure(read: Callable[[str], object], text: str) -> float:
    """Seconds of processor time that reading takes."""
    begin = time.process_time()
    read(text)
    return time.process_time() - begin


def repeat(text: str, length: int) -> str:
    """Repeat a text to a length in characters."""
    return (text * (length // len(text) + 1))[:length]


def print_speeds(text: str, *, characters: int) -> None:
    """Print a line for each stage."""
    lengths = [characters // part for part in PARTS]
    times = {
        name: [measure(read, repeat(text, length)) for length in lengths]
        for name, read in STAGES.items()
        if measure(read, text) >= 0  # the dictionary and caches are loaded before anything counts
    }
    slowest = max(seconds[-1] for seconds in times.values())
    print(
        f"{'thousand characters/s of':24}" + "".join(f"{length:>11,}" for length in lengths) + "   of slowest  growth"
    )
    for name, seconds in times.items():
        speeds = "".join(f"{length / each / 1000:11,.0f}" for length, each in zip(lengths, seconds, strict=True))
        print(f"{name:24}{speeds}{seconds[-1] / slowest:12.1%}{seconds[-1] / seconds[0]:8.2f}")


def print_hostile(*, characters: int, suspicious: float) -> None:
    """Print for each stage the text it reads slowest, and every text whose time grows faster than the text."""
    for name, read in STAGES.items():
        measure(read, "休暇")
        slowest = (0.0, "", 0.0)
        for label, unit in HOSTILE.items():
            for opening in OPENINGS:
                short, long = (
                    min(measure(read, opening + repeat(unit, characters // part) + "休") for _ in range(2))
                    for part in (PARTS[0], PARTS[-1])
                )
                described = f"{label} after {opening!r}" if opening else label
                slowest = max(slowest, (long, described, long / short))
                if long > suspicious * short and long > 1e-6 * characters:
                    print(f"{name:16}{described}: {long:.2f} s, growth {long / short:.1f}")
        seconds, described, growth = slowest
        print(f"{name:16}slowest: {described}, {characters / seconds / 1000:,.0f} thousand/s, growth {growth:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="UTF-8 text")
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--hostile", action="store_true", help="read texts that invite quadratic time instead")
    parser.add_argument("--suspicious", type=float, default=7.0, help="growth from which on a hostile text is named")
    chosen = parser.parse_args()
    if chosen.hostile:
        print_hostile(characters=chosen.characters, suspicious=chosen.suspicious)
    elif chosen.file is None:
        parser.error("name a text file, or give --hostile")
    else:
        print_speeds(chosen.file.read_text(encoding="utf-8"), characters=chosen.characters)

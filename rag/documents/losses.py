"""What of a file did not come into its text, or came in doubtfully."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.documents.anchor import Anchor

REPLACEMENT = "\ufffd"
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
GLYPH_NUMBER = re.compile(r"\(cid:\d+\)")


@dataclass(frozen=True, slots=True)
class Losses:
    """Counts over one document.

    `encoding` is "" for formats that are no text; `confidence` is the probability that it is the right one, 0 to 1.
    `undecodable` bytes gave no character. `pages` counts pages, slides or sheets, `pages_without_text` names those that
    gave none, `recognised` those that were read from their picture (OCR). `replacements` are U+FFFD, `private_use`
    characters of private use (gaiji), `glyph_numbers` "(cid:123)": glyphs a PDF names no character for. `tables`
    and `ruby` were found and kept. `left_out` says in words what the file holds beside: pictures, macros, attachments.
    """

    characters: int = 0
    encoding: str = ""
    confidence: float | None = None
    undecodable: int = 0
    pages: int = 0
    pages_without_text: tuple[str, ...] = ()
    replacements: int = 0
    private_use: int = 0
    glyph_numbers: int = 0
    tables: int = 0
    ruby: int = 0
    left_out: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is known to be lost."""
        return not (
            self.undecodable
            or self.pages_without_text
            or self.replacements
            or self.private_use
            or self.glyph_numbers
            or self.left_out
            or self.recognised
        )


@dataclass(frozen=True, slots=True)
class LossEntry:
    """What was lost of the document, or the file, that comes from `source`."""

    source: str
    title: str
    losses: Losses


NOTHING_KNOWN = Losses()
MEDIA = {"image": "画像", "audio": "音声", "video": "動画"}


def describe_losses(losses: Losses) -> str:
    """Say in a few words what did not come in; "" where nothing is known to be lost."""
    empty = len(losses.pages_without_text)
    # Each byte that gave no character stands as one of these.
    lost = max(0, losses.replacements - losses.undecodable)
    counts = (
        (empty, f"{empty:,} ページに文字なし"),
        (len(losses.recognised), f"OCR で読んだページ: {', '.join(losses.recognised)}"),
        (losses.undecodable, f"読めないバイト {losses.undecodable:,}"),
        (lost, f"失われた文字 {lost:,}"),
        (losses.private_use, f"外字 {losses.private_use:,}"),
        (losses.glyph_numbers, f"文字にならない字形 {losses.glyph_numbers:,}"),
        (len(losses.left_out), f"{'・'.join(losses.left_out)} は読んでいません"),
    )
    return "、".join(words for count, words in counts if count)


def describe_media(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Say what is not text, for `Losses.left_out`: counts by main type, "image", "audio" and "video"."""
    return tuple(f"{name} {counts[kind]:,}" for kind, name in MEDIA.items() if counts.get(kind))


def sum_losses(reports: Iterable[Losses]) -> Losses:
    """Add reports up; what was left out is counted by its words, encodings and their confidence are not summed."""
    total = NOTHING_KNOWN
    left_out: Counter[str] = Counter()
    for report in reports:
        for words in report.left_out:
            name, _, count = words.rpartition(" ")
            known = bool(name) and count.replace(",", "").isdecimal()
            left_out[name if known else words] += int(count.replace(",", "")) if known else 1
        total = Losses(
            characters=total.characters + report.characters,
            undecodable=total.undecodable + report.undecodable,
            pages=total.pages + report.pages,
            pages_without_text=total.pages_without_text + report.pages_without_text,
            replacements=total.replacements + report.replacements,
            private_use=total.private_use + report.private_use,
            glyph_numbers=total.glyph_numbers + report.glyph_numbers,
            tables=total.tables + report.tables,
            ruby=total.ruby + report.ruby,
            recognised=total.recognised + report.recognised,
        )
    return replace(total, left_out=tuple(f"{name} {count:,}" for name, count in left_out.items()))


def count_losses(text: str, anchors: Sequence[Anchor], known: Losses) -> Losses:
    """Complete what a loader knows by what the text and its anchors show."""
    kinds = [anchor.kind for anchor in anchors]
    return replace(
        known,
        characters=len(text),
        replacements=text.count(REPLACEMENT),
        private_use=len(PRIVATE_USE.findall(text)),
        glyph_numbers=len(GLYPH_NUMBER.findall(text)),
        tables=kinds.count("table"),
        ruby=kinds.count("ruby"),
    )

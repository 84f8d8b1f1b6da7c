"""What of a file did not come into its text, or came in doubtfully."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.documents.anchor import Anchor
from rag.documents.phrase import Language

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
NAMELESS = "拡張子のないファイル"
ENGLISH = {
    "画像": "pictures",
    "音声": "sound",
    "動画": "videos",
    "音声・動画": "sound and videos",
    "グラフ": "charts",
    "埋め込みファイル": "embedded files",
    "マクロ": "macros",
    "ヘッダー": "headers",
    "フッター": "footers",
    "添付": "attachments",
    "外字": "gaiji",
    "非表示のシート": "hidden sheets",
    "非表示のスライド": "hidden slides",
    "計算結果が保存されていない数式": "formulas without a stored result",
    NAMELESS: "files without an ending",
}
"""What the names in `Losses.left_out` mean; endings of files are called the same in both languages."""
_LEFT_OUT = re.compile(r"(?P<name>[^:]+?)(?P<rest>: .*| [\d,]+|)", re.DOTALL)
"""A name alone, with a count, or with what is called so."""


def describe_losses(losses: Losses, *, language: Language = "ja") -> str:
    """Say in a few words what did not come in; "" where nothing is known to be lost."""
    empty = len(losses.pages_without_text)
    # Each byte that gave no character stands as one of these.
    lost = max(0, losses.replacements - losses.undecodable)
    pages = ", ".join(losses.recognised)
    others = "・".join(losses.left_out)
    counts = (
        (empty, f"{empty:,} ページに文字なし", f"pages without text: {empty:,}"),
        (len(losses.recognised), f"OCR で読んだページ: {pages}", f"pages read by OCR: {pages}"),
        (losses.undecodable, f"読めないバイト {losses.undecodable:,}", f"unreadable bytes: {losses.undecodable:,}"),
        (lost, f"失われた文字 {lost:,}", f"lost characters: {lost:,}"),
        (losses.private_use, f"外字 {losses.private_use:,}", f"gaiji: {losses.private_use:,}"),
        (
            losses.glyph_numbers,
            f"文字にならない字形 {losses.glyph_numbers:,}",
            f"glyphs without a character: {losses.glyph_numbers:,}",
        ),
        (
            len(losses.left_out),
            f"{others} は読んでいません",
            f"not read: {', '.join(translate_left_out(losses.left_out))}",
        ),
    )
    if language == "ja":
        return "、".join(ja for count, ja, _ in counts if count)
    return "; ".join(en for count, _, en in counts if count)


def translate_left_out(left_out: Iterable[str]) -> list[str]:
    """Say in English what `Losses.left_out` says."""
    parts = [_split(words) for words in left_out]
    return [ENGLISH.get(name, name) + rest for name, rest in parts]


def describe_media(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Say what is not text, for `Losses.left_out`: counts by main type, "image", "audio" and "video"."""
    return tuple(f"{name} {counts[kind]:,}" for kind, name in MEDIA.items() if counts.get(kind))


def sum_losses(reports: Iterable[Losses]) -> Losses:
    """Add reports up; what was left out is counted by its words, encodings and their confidence are not summed."""
    total = NOTHING_KNOWN
    left_out: Counter[str] = Counter()
    for report in reports:
        for words in report.left_out:
            name, count = _count_left_out(words)
            left_out[name] += count
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


def _count_left_out(words: str) -> tuple[str, int]:
    """Return what is left out and how often: 画像 3, 非表示のシート: 裏, 表, マクロ."""
    name, rest = _split(words)
    if rest.startswith(": "):
        return name, rest.count(", ") + 1
    return name, int(rest.replace(",", "")) if rest else 1


def _split(words: str) -> tuple[str, str]:
    match = _LEFT_OUT.fullmatch(words)
    return (words, "") if match is None else (match["name"], match["rest"])


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

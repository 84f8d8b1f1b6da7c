"""Sliding windows: of whole sentences, of whole articles, or cut at a length."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, get_args

from rag.chunks.chunk import Chunk
from rag.chunks.sections import Span, split_sections
from rag.errors import ArgumentError
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.documents.document import Document
    from rag.embeddings.encoder import Encoder

Unit = Literal["characters", "tokens"]
Boundary = Literal["sentences", "characters", "articles"]
"""Where windows begin and end: with sentences; anywhere; or with sentences, and none reaches from one article or
section into the next unless it holds both whole."""

CUT = re.compile(r"[、，,;；:：\s]")
INK = re.compile(r"\S")
JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def build_windows(
    document: Document,
    *,
    size: int,
    stride: int,
    unit: Unit = "characters",
    boundary: Boundary = "sentences",
    encoder: Encoder | None = None,
) -> list[Chunk]:
    """Cut a document into overlapping windows.

    By "sentences", a window holds as many as fit into `size`; the next one begins at the sentence nearest to `stride`
    further on, but never beyond the end of the last. A sentence longer than a window is cut at 、 or, without one,
    at the limit. By "characters", every window is `size` long and begins `stride` behind the last, whatever stands
    there; only marks stay with what they belong to. By "articles", neighbouring articles or sections that fit into
    `size` are put together as sentences are, and a longer one is cut by sentences, alone; a document without any is
    cut by sentences. Every character that is not white space lies in at least one window.

    Args:
        document: What is cut.
        size: Longest window, in `unit`.
        stride: Way from the start of one window to the next, in `unit`; at most `size`.
        unit: Characters (code points) or tokens of the encoder.
        boundary: Where windows begin and end.
        encoder: Needed for tokens; where given, no window is longer than what it can see.

    Returns:
        The windows in the order of the text, trimmed of outer white space.

    Raises:
        ArgumentError: `size` or `stride` is out of range, the boundary is unknown, or tokens are to be counted without
            an encoder.
    """
    if size < 1:
        raise ArgumentError(f"size is {size}; expected at least 1: give the length of a window in {unit}")
    if not 1 <= stride <= size:
        raise ArgumentError(f"stride is {stride}; expected 1 to size = {size}, else text between windows is lost")
    if unit == "tokens" and encoder is None:
        raise ArgumentError(
            "unit is 'tokens' but no encoder was given; give the encoder whose tokens are to be counted"
        )
    ruler = _Ruler(document.text, size=size, unit=unit, encoder=encoder)
    match boundary:
        case "sentences":
            spans = _slide(_cut_sentences(ruler, 0, len(document.text)), ruler, stride=stride)
        case "characters":
            spans = _cut_evenly(ruler, stride=stride)
        case "articles":
            rows = _group_sections(split_sections(document), ruler)
            spans = (span for row in rows for span in _slide(row, ruler, stride=stride))
        case _:
            raise ArgumentError(f"boundary is {boundary!r}; expected one of {', '.join(get_args(Boundary))}")
    return [Chunk(document.id, start, end, document.text[start:end]) for start, end in spans]


def _cut_sentences(ruler: _Ruler, start: int, end: int) -> list[Span]:
    """Return the sentences of a stretch, those that are too long in pieces."""
    sentences = split_sentences(ruler.text[start:end])
    return [piece for first, last in sentences for piece in ruler.cut((start + first, start + last))]


def _group_sections(sections: Iterable[Span], ruler: _Ruler) -> Iterator[list[Span]]:
    """Yield rows of pieces that windows may hold together: neighbouring sections that fit, or sentences of one."""
    row: list[Span] = []
    for section in sections:
        if ruler.fits(*section) and ruler.settles(*section):
            row.append(section)
            continue
        yield row
        yield _cut_sentences(ruler, *section)
        row = []
    yield row


def _cut_evenly(ruler: _Ruler, *, stride: int) -> Iterator[Span]:
    """Cut at a length, wherever that is; white space at the ends of a window is left out."""
    text = ruler.text
    start, last = 0, 0
    while (ink := INK.search(text, start)) is not None:
        start = ink.start()
        stop = ruler.reach(start, len(text))
        end = start + len(text[start:stop].rstrip())
        if end > last:
            yield start, end
            last = end
        start = len(text) if stop == len(text) else ruler.step(start, stride, stop)


class _Ruler:
    """Measures stretches of one text in the chosen unit, and knows the longest one allowed."""

    def __init__(self, text: str, *, size: int, unit: Unit, encoder: Encoder | None) -> None:
        self.text = text
        self.size = size
        self.unit = unit
        self.encoder = encoder
        self.limit = None if encoder is None else encoder.max_tokens
        counts_tokens = encoder is not None and (unit == "tokens" or self.limit is not None)
        self.tokens: list[int] = encoder.token_starts(text).tolist() if encoder is not None and counts_tokens else []

    def measure(self, start: int, end: int) -> int:
        """Length of a stretch in the unit."""
        return self._count(start, end) if self.unit == "tokens" else end - start

    def fits(self, start: int, end: int) -> bool:
        """Whether a stretch may be a window."""
        if self.measure(start, end) > self.size:
            return False
        if self.limit is None:
            return True
        return self._count(start, end) <= self.limit

    def settles(self, start: int, end: int) -> bool:
        """Whether a window still fits when it is tokenised by itself, where pieces at its edges may differ."""
        if self.encoder is None or not self.tokens:
            return True
        alone = len(self.encoder.token_starts(self.text[start:end]))
        allowed = self.size if self.unit == "tokens" else alone
        return alone <= min(allowed, self.limit if self.limit is not None else alone)

    def cut(self, span: Span) -> Iterator[Span]:
        """Cut a sentence into pieces that fit, most often one."""
        start, end = span
        while start < end:
            stop = self._reach(start, end)
            yield start, start + len(self.text[start:stop].rstrip())
            following = INK.search(self.text, stop, end)
            start = end if following is None else following.start()

    def reach(self, start: int, end: int) -> int:
        """Furthest place at which a window from `start` may end, marks kept with what they belong to."""
        return end if self._holds(start, end) else _step_back(self.text, start, self._find_limit(start, end))

    def step(self, start: int, stride: int, end: int) -> int:
        """Place that lies `stride` behind `start`, `end` at most."""
        if self.unit == "characters":
            place = start + stride
        else:
            number = bisect_left(self.tokens, start) + stride
            place = self.tokens[number] if number < len(self.tokens) else end
        return max(start + 1, _step_back(self.text, start, min(place, end)))

    def _count(self, start: int, end: int) -> int:
        return bisect_left(self.tokens, end) - bisect_left(self.tokens, start)

    def _holds(self, start: int, end: int) -> bool:
        return self.fits(start, end) and self.settles(start, end)

    def _find_limit(self, start: int, end: int) -> int:
        low, high = start + 1, end
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.fits(start, middle) else (low, middle - 1)
        while low > start + 1 and not self.settles(start, low):
            low -= max(1, (low - start) // 16)
        return low

    def _reach(self, start: int, end: int) -> int:
        """Furthest place at which a piece of a sentence from `start` should end."""
        if self._holds(start, end):
            return end
        low = self._find_limit(start, end)
        marks = [match.end() for match in CUT.finditer(self.text, start + (low - start) // 2, low)]
        return marks[-1] if marks else _step_back(self.text, start, low)


def _step_back(text: str, start: int, stop: int) -> int:
    """Move a cut before a base character, so that marks stay with what they belong to."""
    for place in range(stop, start, -1):
        if place == len(text) or not _attaches(text[place - 1], text[place]):
            return place
    return stop


def _attaches(left: str, right: str) -> bool:
    return bool(unicodedata.combining(right)) or right in JOINERS or left == "\u200d"


def _slide(pieces: list[Span], ruler: _Ruler, *, stride: int) -> Iterator[Span]:
    """Group pieces into windows."""
    first = last = 0
    while first < len(pieces):
        start = pieces[first][0]
        last = max(last, first)
        while last + 1 < len(pieces) and ruler.fits(start, pieces[last + 1][1]):
            last += 1
        while last > first and not ruler.settles(start, pieces[last][1]):
            last -= 1
        yield start, pieces[last][1]
        if last + 1 == len(pieces):
            return
        following = first + 1
        while following <= last and _nears(ruler, start, pieces[following][0], pieces[following + 1][0], stride):
            following += 1
        first = following


def _nears(ruler: _Ruler, start: int, here: int, further: int, stride: int) -> bool:
    """Whether the piece starting at `further` is nearer to `stride` than the one at `here`."""
    return abs(ruler.measure(start, further) - stride) <= abs(ruler.measure(start, here) - stride)

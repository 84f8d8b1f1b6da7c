"""Ablation: what becomes of an answer when parts of the text it was read from are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.explanation.case import Case
from rag.explanation.explanation import Manner, ScoredSpan
from rag.explanation.placement import NO_UNIT, place_tokens
from rag.explanation.token_attention import find_passage, find_tokens
from rag.reading.borders import NO_CLOSING, NO_OPENING
from rag.reading.candidates import WindowLogits, measure_span_total
from rag.reading.window import ReadingWindow

Masks = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Ablation:
    """Measures the answer's log-probability without chosen units of the text, in nats.

    It is that of the answer's span among all spans of what is left and "no answer", as the model alone says. The
    answer's own tokens always stay, wherever they stand. Passages keep the window they were read in, so that taking
    something from one changes no other, and a window is run once however often it is met: leaving out each unit by
    itself costs about one window a unit.
    """

    def __init__(self, case: Case, units: Sequence[ScoredSpan], *, manner: Manner = "delete") -> None:
        """Read the text as it is.

        Args:
            case: The answer.
            units: What can be taken away; see `Case.split`.
            manner: How it is taken away.

        Raises:
            ArgumentError: The answer's span is in none of the passages.
        """
        self.case = case
        self.manner = manner
        self.size = len(units)
        self._windows = case.reader.encode(case.question, [passage.text for passage in case.passages])
        self._answers = self._find_answer()
        self._members = [self._assign(window, units) for window in self._windows]
        self._read: dict[bytes, tuple[WindowLogits, float]] = {}
        self._overlapping = _overlap(self._windows)

    def measure(self, removed: Masks) -> Floats:
        """Measure what is left under each mask.

        Args:
            removed: Which units are taken away. Shape: (masks, units).

        Returns:
            Log-probability of the answer. Shape: (masks,).
        """
        versions = [[self._reduce(number, mask) for number in range(len(self._windows))] for mask in removed]
        self._run([window for version in versions for window, _ in version])
        return np.array([self._score(version) for version in versions])

    def leave_out_each(self) -> Floats:
        """Measure how far the log-probability falls without each unit by itself. Shape: (units,)."""
        masks = np.concatenate([np.zeros((1, self.size), dtype=bool), np.eye(self.size, dtype=bool)])
        measured = self.measure(masks)
        effects: Floats = measured[0] - measured[1:]
        return effects

    def _find_answer(self) -> list[NDArray[np.int64]]:
        """Positions of the answer's tokens in each window that holds all of them."""
        case = self.case
        number = find_passage(case.span, case.passages)
        start = case.passages[number].start
        found = [find_tokens(each, number, case.span.start - start, case.span.end - start) for each in self._windows]
        whole = max(len(tokens) for tokens in found)
        return [tokens if len(tokens) == whole else tokens[:0] for tokens in found]

    def _assign(self, window: ReadingWindow, units: Sequence[ScoredSpan]) -> NDArray[np.int64]:
        """Number the unit each token of a window begins in; `NO_UNIT` for those that always stay."""
        case = self.case
        offsets = np.array([passage.start for passage in case.passages])
        starts, ends = window.starts + offsets[window.passages], window.ends + offsets[window.passages]
        placed = place_tokens(starts, window.passages, case.passages, units)
        documents = [passage.document_id == case.span.document_id for passage in case.passages]
        stays = np.array(documents)[window.passages] & (window.passages >= 0)
        placed[stays & (starts < case.span.end) & (ends > case.span.start)] = NO_UNIT
        return placed

    def _reduce(self, number: int, removed: Masks) -> tuple[ReadingWindow, NDArray[np.int64]]:
        """Take units out of a window; returns what is left and where the answer's tokens are now."""
        window, member, answer = self._windows[number], self._members[number], self._answers[number]
        gone = (member != NO_UNIT) & removed[member]
        if not gone.any():
            return window, answer
        if self.manner == "mask":
            return self._hide(window, gone), answer
        kept = ~gone
        moved = np.cumsum(kept) - 1
        first, last = window.question
        columns = ("ids", "types", "passages", "starts", "ends", "opens", "closes")
        shorter = replace(
            window,
            **{name: getattr(window, name)[kept] for name in columns},
            question=(int(moved[first]), int(moved[last - 1]) + 1),
            null=int(moved[window.null]),
        )
        return shorter, moved[answer]

    def _hide(self, window: ReadingWindow, gone: Masks) -> ReadingWindow:
        tokenizer = self.case.reader.tokenizer
        mask = tokenizer.mask_token_id if tokenizer.mask_token_id is not None else tokenizer.unk_token_id
        plain = window.types[window.passages >= 0].min()
        return replace(
            window,
            ids=np.where(gone, mask, window.ids),
            types=np.where(gone, plain, window.types),
            opens=np.where(gone, NO_OPENING, window.opens),
            closes=np.where(gone, NO_CLOSING, window.closes),
        )

    def _run(self, windows: Sequence[ReadingWindow]) -> None:
        """Read the windows not met before."""
        fresh = {key: window for window in windows if (key := _identify(window)) not in self._read}
        read = zip(fresh.items(), self.case.reader.forward(list(fresh.values())), strict=True)
        reader = self.case.reader
        for (key, window), logits in read:
            total = measure_span_total(
                window, logits, max_answer_tokens=reader.max_answer_tokens, temperature=reader.calibration.temperature
            )
            self._read[key] = (logits, total)

    def _score(self, version: Sequence[tuple[ReadingWindow, NDArray[np.int64]]]) -> float:
        reader = self.case.reader
        read = [self._read[_identify(window)] for window, _ in version]
        best = max(
            float(logits.start[answer[0]] + logits.end[answer[-1]])
            for (logits, _), (_, answer) in zip(read, version, strict=True)
            if len(answer)
        )
        if self._overlapping:  # a span that stands twice counts once
            total = reader.score([window for window, _ in version], [logits for logits, _ in read]).log_total
        else:
            null = min(
                float(logits.start[window.null] + logits.end[window.null])
                for (logits, _), (window, _) in zip(read, version, strict=True)
            )
            totals = [total for _, total in read]
            total = float(np.logaddexp.reduce([*totals, null / reader.calibration.temperature]))
        return best / reader.calibration.temperature - total


def _identify(window: ReadingWindow) -> bytes:
    """Windows of one content have one key; the borders are a matter of the text and its place."""
    return b"".join(each.tobytes() for each in (window.ids, window.types, window.passages, window.starts))


def _overlap(windows: Sequence[ReadingWindow]) -> bool:
    """Whether a place stands twice: in two windows, or as two tokens of one window (the bytes of a character)."""
    places = [
        place
        for window in windows
        for place in zip(window.passages.tolist(), window.starts.tolist(), window.ends.tolist(), strict=True)
        if place[0] >= 0
    ]
    return len(places) != len(set(places))

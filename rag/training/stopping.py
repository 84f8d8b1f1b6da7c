"""When a training has to stop before its end: Ctrl-C, a request to terminate, or its minutes are over."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Turns signals and limits into a reason to stop after the step in hand, never in the middle of one.

    In a `with` block the first signal is only noted; a second one interrupts at once.
    """

    def __init__(self, *, minutes: float | None = None, steps: int | None = None) -> None:
        """Count minutes and steps from now; None sets no limit."""
        self._ends = None if minutes is None else time.monotonic() + 60 * minutes
        self._steps_left = steps
        self._before: dict[signal.Signals, Any] = {}
        self.interrupted = False

    def find_reason(self) -> str | None:
        """Return why to stop after the step just made, None to go on."""
        if self._steps_left is not None:
            self._steps_left -= 1
        if self.interrupted:
            return "interrupted"
        if self._ends is not None and time.monotonic() >= self._ends:
            return "its minutes are over"
        return "its steps are over" if self._steps_left == 0 else None

    def __enter__(self) -> Stopping:
        """Note signals from here on."""
        if threading.current_thread() is threading.main_thread():  # others may not set handlers
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        logger.info("stopping after this step; once more to stop at once, from the last checkpoint")

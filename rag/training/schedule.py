"""How long a training lasts and how its learning rate runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rag.errors import ConfigError


@dataclass(slots=True)
class Progress:
    """How far a training has come, over all calls; `seconds` is the time spent in steps, `loss` a running mean."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a training lasts: `tokens` or `steps`, the same on every machine, or `minutes` spent in steps.

    Exactly one of the three is given. The rates rise over the share `warmup` and fall along a cosine to a hundredth.
    A checkpoint is written every `checkpoint_minutes`, a line of progress every `report_seconds`.
    """

    tokens: int = 0
    steps: int = 0
    minutes: float = 0.0
    warmup: float = 0.03
    checkpoint_minutes: float = 5.0
    report_seconds: float = 15.0

    def __post_init__(self) -> None:
        """Check that there is one length."""
        given = {"tokens": self.tokens, "steps": self.steps, "minutes": self.minutes}
        if min(given.values()) < 0 or sum(value > 0 for value in given.values()) != 1:
            raise ConfigError(f"schedule has {given}; expected exactly one of them above 0")

    def measure_share(self, progress: Progress) -> float:
        """Return the share of the schedule that is done; 1 or more when it is over."""
        if self.tokens:
            return progress.tokens / self.tokens
        return progress.steps / self.steps if self.steps else progress.seconds / (60 * self.minutes)

    def scale_rate(self, share: float) -> float:
        """Return the factor of the learning rate when `share` of the schedule is done."""
        warm = min(share / self.warmup, 1.0) if self.warmup else 1.0
        return warm * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))) + 0.01

"""Whether a variant may take the place of another: plain words from intervals and the thresholds of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.errors import ConfigError
from rag.evaluation.metrics import Interval

Outcome = Literal["may", "may_not", "undecided"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a variant must keep and bring.

    `max_loss`: points of quality it may lose. `min_speedup`: times faster it must be, `min_shrink`: times smaller; 0
    asks for nothing. Below `min_questions` nothing is allowed: that no question differed
    says little when there were few.
    """

    max_loss: float = 0.5
    min_speedup: float = 0.0
    min_shrink: float = 0.0
    min_questions: int = 200

    def __post_init__(self) -> None:
        """Check that they can be met."""
        if min(self.max_loss, self.min_speedup, self.min_shrink, self.min_questions) < 0:
            raise ConfigError(f"thresholds are {self}; expected numbers of 0 or more")


@dataclass(frozen=True, slots=True)
class Gap:
    """A variant against the baseline: `quality` in points, `speed` as times faster, `shrink` as times smaller.

    `p` is the corrected p-value of the difference in quality.
    """

    quality: Interval
    speed: Interval
    shrink: float
    p: float
    questions: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided and why, in both languages."""

    outcome: Outcome
    japanese: str
    english: str


def judge_variant(name: str, baseline: str, difference: Gap, thresholds: Thresholds, *, metric: str) -> Verdict:
    """Judge a variant by the intervals of its differences.

    It may take the place where the whole intervals keep the thresholds, it may not where one of them lies beyond; else
    there are too few questions to say.

    Args:
        name: Of the variant.
        baseline: Name of what it would replace.
        difference: Measured question by question.
        thresholds: What it must keep and bring.
        metric: What quality is called, such as F1.
    """
    quality = _place(difference.quality.low, difference.quality.high, -thresholds.max_loss)
    speed = _place(difference.speed.low, difference.speed.high, thresholds.min_speedup)
    shrink = _place(difference.shrink, difference.shrink, thresholds.min_shrink)
    outcome = _combine([quality, speed, shrink])
    if outcome == "may" and difference.questions < thresholds.min_questions:
        outcome = "undecided"
    reasons = [
        reason
        for reason, state in ((_name_loss(metric, thresholds), quality), (_name_speed(thresholds), speed))
        if state == outcome != "may"
    ]
    if shrink == outcome == "may_not":
        reasons.append((f"大きさは 1/{thresholds.min_shrink:g} にならない", f"not {thresholds.min_shrink:g} × smaller"))
    if outcome == "undecided" and not reasons:
        least = thresholds.min_questions
        reasons.append((f"{least} 問以上で測ること", f"measure at least {least} questions"))
    return _write(name, baseline, outcome, difference, reasons, metric=metric)


def _place(low: float, high: float, threshold: float) -> Outcome:
    return "may" if low >= threshold else "may_not" if high < threshold else "undecided"


def _combine(outcomes: Sequence[Outcome]) -> Outcome:
    if "may_not" in outcomes:
        return "may_not"
    return "undecided" if "undecided" in outcomes else "may"


def _name_loss(metric: str, thresholds: Thresholds) -> tuple[str, str]:
    most = f"{thresholds.max_loss:g}"
    return f"{metric} の低下は {most} まで", f"at most {most} points of {metric} may go"


def _name_speed(thresholds: Thresholds) -> tuple[str, str]:
    least = f"{thresholds.min_speedup:g}"
    return f"{least} 倍の速さが要る", f"{least} × the speed is asked for"


def _write(
    name: str,
    baseline: str,
    outcome: Outcome,
    difference: Gap,
    reasons: Sequence[tuple[str, str]],
    *,
    metric: str,
) -> Verdict:
    japanese = {
        "may": f"{name} は {baseline} の代わりになる",
        "may_not": f"{name} は {baseline} の代わりにならない",
        "undecided": f"{name} が {baseline} の代わりになるかは、{difference.questions} 問ではまだ決められない",
    }[outcome]
    english = {
        "may": f"{name} may replace {baseline}",
        "may_not": f"{name} may not replace {baseline}",
        "undecided": f"{difference.questions} questions do not decide yet whether {name} may replace {baseline}",
    }[outcome]
    quality = difference.quality
    points = f"{_sign(quality.mean)} {metric} [{_sign(quality.low)}, {_sign(quality.high)}]"
    tail_japanese = f"（{'、'.join(each for each, _ in reasons)}）" if reasons else ""
    tail_english = f" ({', '.join(each for _, each in reasons)})" if reasons else ""
    speed, p = difference.speed, _write_p(difference.p)
    return Verdict(
        outcome,
        f"{japanese}：{points}（{p}）、{_speak_speed(speed)}、大きさ 1/{difference.shrink:.2f}{tail_japanese}",
        f"{english}: {points} ({p}), {speed.mean:.2f} × the speed [{speed.low:.2f}, {speed.high:.2f}], "
        f"1/{difference.shrink:.2f} of the size{tail_english}",
    )


def _speak_speed(speed: Interval) -> str:
    bounds = f"[{speed.low:.2f}, {speed.high:.2f}]"
    return f"{speed.mean:.2f} 倍速い {bounds}" if speed.mean >= 1 else f"速さは {speed.mean:.2f} 倍 {bounds}"


def _sign(value: float) -> str:
    rounded = round(value, 1)
    return "±0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def _write_p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"

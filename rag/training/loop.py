"""The training loop of every model: rates, checkpoints, progress, and stopping where it can go on."""

from __future__ import annotations

import json
import logging
import math
import time
from dataclasses import asdict
from pathlib import Path

import torch

from rag.errors import ModelError
from rag.training.checkpoint import Job, load_checkpoint, save_checkpoint
from rag.training.schedule import Progress, Schedule
from rag.training.stopping import Stopping

logger = logging.getLogger(__name__)

HISTORY = "history.jsonl"
REMEMBERED = 50
"""Steps over which the loss is averaged, roughly."""


def train(job: Job, schedule: Schedule, folder: Path, stopping: Stopping) -> bool:
    """Train until the schedule ends, from the checkpoint in `folder` where there is one.

    Args:
        job: What is trained.
        schedule: How long, and how often a checkpoint is written.
        folder: Of the stage; takes the checkpoint and `history.jsonl`, one line for each line of progress.
        stopping: What may end this call before.

    Returns:
        Whether the schedule came to its end; a checkpoint is written either way.

    Raises:
        ModelError: The checkpoint is damaged, or the loss is no number any more.
    """
    peaks = [group["lr"] for group in job.optimizer.param_groups]
    progress = load_checkpoint(folder, job) or Progress()
    reporter = _Reporter(folder, schedule, progress)
    average = torch.tensor(progress.loss)
    share, reason = schedule.measure_share(progress), None
    now = saved = time.monotonic()
    job.module.train()
    with stopping:
        while share < 1 and reason is None:
            loss, tokens = _step(job, peaks, schedule.scale_rate(share))
            # Kept on the device: asking for the number at every step would make a GPU wait.
            average = torch.lerp(average.to(loss), loss, 1 / min(progress.steps + 1, REMEMBERED))
            progress.steps, progress.tokens = progress.steps + 1, progress.tokens + tokens
            before, now = now, time.monotonic()
            progress.seconds += now - before
            share, reason = schedule.measure_share(progress), stopping.find_reason()
            ends, due = share >= 1 or reason is not None, now - saved >= schedule.checkpoint_minutes * 60
            if ends or due or reporter.is_due(now):
                progress.loss = float(average)
                reporter.report(progress, now)
            if ends or due:
                save_checkpoint(folder, job, progress)
                now = saved = time.monotonic()
    if reason is not None and share < 1:
        logger.info("%s: stopped after step %d, %s; the checkpoint is written", folder.name, progress.steps, reason)
    return share >= 1


def _step(job: Job, peaks: list[float], factor: float) -> tuple[torch.Tensor, int]:
    """Make one step at that share of the rates; return loss and tokens."""
    for group, peak in zip(job.optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak * factor
    loss, tokens = job.measure()
    job.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if job.clip is not None:
        torch.nn.utils.clip_grad_norm_(job.module.parameters(), job.clip)
    job.optimizer.step()
    return loss.detach(), tokens


class _Reporter:
    """Writes lines of progress; the rate and the time left are those of this call."""

    def __init__(self, folder: Path, schedule: Schedule, begun: Progress) -> None:
        self.folder = folder
        self.schedule = schedule
        self.share, self.tokens, self.seconds = schedule.measure_share(begun), begun.tokens, begun.seconds
        self.last = time.monotonic()

    def is_due(self, now: float) -> bool:
        return now - self.last >= self.schedule.report_seconds

    def report(self, progress: Progress, now: float) -> None:
        """Log where the training stands.

        Raises:
            ModelError: The loss is no number; nothing of it has come into a checkpoint.
        """
        if not math.isfinite(progress.loss):
            raise ModelError(
                f"{self.folder.name}: the loss is {progress.loss} after step {progress.steps}; expected a number: "
                "lower the rates of the recipe and go on from the last checkpoint with --resume"
            )
        self.last = now
        share = self.schedule.measure_share(progress)
        seconds = max(progress.seconds - self.seconds, 1e-9)
        rate = (progress.tokens - self.tokens) / seconds
        left = seconds * max(1 - share, 0.0) / max(share - self.share, 1e-9)
        logger.info(
            "%s: %.1f %% done, step %d, loss %.3f, %.0f tokens/s, %s left",
            self.folder.name,
            min(share, 1.0) * 100,
            progress.steps,
            progress.loss,
            rate,
            _describe_duration(left),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / HISTORY).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"share": share, **asdict(progress), "tokens_per_second": rate}) + "\n")


def _describe_duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

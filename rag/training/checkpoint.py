"""The whole state of a training on disk, so that it goes on after a kill as if nothing had been."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch

from rag.errors import ModelError
from rag.training.schedule import Progress
from rag.training.tensors import load_record, load_tensors, save_tensors

logger = logging.getLogger(__name__)

FOLDER = "checkpoint"


class Job(Protocol):
    """What is trained: a module with its optimizer, and where its next batch stands in the data."""

    module: torch.nn.Module
    optimizer: torch.optim.Optimizer
    clip: float | None
    """Largest norm of the gradient."""

    @property
    def place(self) -> Sequence[int]:
        """Where the next batch stands."""

    def move(self, place: Sequence[int]) -> None:
        """Go on with the batch at that place."""

    def measure(self) -> tuple[torch.Tensor, int]:
        """Return the loss of the next batch, and its tokens."""


def save_checkpoint(folder: Path, job: Job, progress: Progress) -> None:
    """Write weights, state of the optimizer, of the random numbers and of the data into `folder`/checkpoint."""
    tensors = {f"model/{name}": tensor for name, tensor in job.module.state_dict().items()}
    for number, state in job.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{key}": value for key, value in state.items()}
    tensors["random/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    record = {"finished": False, "progress": asdict(progress), "place": list(job.place)}
    save_tensors(folder / FOLDER, tensors, record)


def load_checkpoint(folder: Path, job: Job) -> Progress | None:
    """Bring a job to the state of the checkpoint in `folder`; None when there is none.

    The learning rates stay those of the job.

    Raises:
        ModelError: The checkpoint is damaged or one of another model.
    """
    record = load_record(folder / FOLDER)
    if record is None:
        return None
    tensors = load_tensors(folder / FOLDER)
    weights: dict[str, torch.Tensor] = {}
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition("/")
        if kind == "model":
            weights[rest] = tensor
        elif kind == "optimizer":
            number, _, key = rest.partition("/")
            state.setdefault(int(number), {})[key] = tensor
    try:
        job.module.load_state_dict(weights)
        job.optimizer.load_state_dict({"state": state, "param_groups": job.optimizer.state_dict()["param_groups"]})
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"{folder / FOLDER}: written by the training of another model ({str(error).splitlines()[0]}); expected "
            "the one that is trained now: take its recipe, or remove the folder to start anew"
        ) from error
    torch.set_rng_state(tensors["random/cpu"])
    if "random/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random/cuda"])
    job.move(record["place"])
    progress = Progress(**record["progress"])
    logger.info("%s: going on after step %d", folder.name, progress.steps)
    return progress


def holds_checkpoint(folder: Path) -> bool:
    """Tell whether there is the checkpoint of a training that is not finished."""
    record = load_record(folder / FOLDER)
    return record is not None and not record["finished"]


def is_finished(folder: Path) -> bool:
    """Tell whether the stage that writes `folder` came to its end."""
    record = load_record(folder / FOLDER)
    return record is not None and bool(record["finished"])


def mark_finished(folder: Path) -> None:
    """Put a mark in the place of the checkpoint: the stage came to its end."""
    record: dict[str, Any] = {"finished": True}
    save_tensors(folder / FOLDER, {}, record)


def clear_checkpoint(folder: Path) -> None:
    """Remove checkpoint and mark, so that the stage starts anew."""
    if (folder / FOLDER).is_dir():
        for file in (folder / FOLDER).iterdir():
            file.unlink()

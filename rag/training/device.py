"""The processor a model is trained on."""

from __future__ import annotations

import torch

from rag.errors import ArgumentError


def choose_device(name: str | None = None) -> torch.device:
    """Return the device of that name; the GPU where there is one when None.

    Raises:
        ArgumentError: There is no such device on this machine.
    """
    chosen = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(chosen)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ArgumentError(
            f"device {chosen!r} cannot be used here ({str(error).splitlines()[0]}); expected cpu, or cuda where there "
            "is a GPU"
        ) from error
    return device

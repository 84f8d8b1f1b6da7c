"""The processor a model is trained on, and the precision it is fast in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

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


def computes_in_half(device: torch.device) -> bool:
    """Tell whether the device multiplies bfloat16 itself: on a processor that is two and a half times as fast."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device.type == "cpu" and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def choose_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context to run a model in: bfloat16 where the device computes in it, else single precision."""
    if computes_in_half(device):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()

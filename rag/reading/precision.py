"""The number format a model is fast in on the device it runs on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def computes_in_half(device: torch.device) -> bool:
    """Tell whether the device multiplies bfloat16 itself: on a processor that is two and a half times as fast."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def choose_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context to run a model in: bfloat16 where the device computes in it, else single precision."""
    import torch

    if computes_in_half(device):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()

"""Number formats a reader computes in: single precision, bfloat16, and weights of eight bits."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import nn

from rag.errors import ModelError
from rag.evaluation.variants.variant import Precision
from rag.reading.precision import computes_in_half
from rag.reading.span_reader import SpanReader

Model = TypeVar("Model", bound=nn.Module)


class FormattedReader(SpanReader):
    """A reader that computes in the format it is told to, whatever the machine is good at."""

    number_format: Precision = "auto"

    def precision(self) -> AbstractContextManager[Any]:
        """Return the context to run the model in."""
        if self.number_format == "auto":
            return super().precision()
        if self.number_format == "bf16":
            return torch.autocast(self.model.device.type, dtype=torch.bfloat16)
        return nullcontext()


def check_format(precision: Precision, device: torch.device) -> None:
    """Make sure that a device computes in a format.

    Raises:
        ModelError: It does not, or only by emulation.
    """
    engines = [engine for engine in torch.backends.quantized.supported_engines if engine != "none"]
    if precision == "bf16" and not computes_in_half(device):
        raise ModelError(
            f"bf16: {device.type} of this machine does not multiply bfloat16 itself, it would be slower than fp32; "
            "expected a processor with AVX512_BF16 or AMX, or a GPU: leave this variant out here"
        )
    if precision == "int8" and (device.type != "cpu" or not engines):
        raise ModelError(
            f"int8: {device.type}, quantised kernels: {', '.join(engines) or 'none'}; expected a CPU that has some: "
            "leave this variant out here"
        )


def choose_device(precision: Precision) -> str:
    """Return where a reader of that format runs."""
    return "cuda" if torch.cuda.is_available() and precision != "int8" else "cpu"


def set_format(reader: FormattedReader, precision: Precision) -> None:
    """Have a reader compute in a format from now on; int8 changes its model.

    Raises:
        ModelError: The machine cannot compute in it.
    """
    check_format(precision, reader.model.device)
    if precision == "int8":
        reader.model = quantize(reader.model)
    reader.number_format = precision


def quantize(model: Model) -> Model:
    """Return a copy whose linear maps hold eight bits a weight, one scale a row; activations are rounded as they come.

    Raises:
        ModelError: This PyTorch cannot do so.
    """
    try:
        from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic
    except ImportError as error:
        raise ModelError(
            f"int8: PyTorch {torch.__version__} has no dynamic quantisation any more; expected one up to 2.13: leave "
            "this variant out, or install an earlier PyTorch"
        ) from error
    with warnings.catch_warnings():
        # It says that it goes to another package, whose kernels are slower than single precision on a CPU.
        warnings.simplefilter("ignore")
        quantized: Model = quantize_dynamic(model, {nn.Linear: per_channel_dynamic_qconfig})
    return quantized


def measure_weights(model: nn.Module) -> int:
    """Return the bytes that weights take in memory, quantised ones with their scales."""
    tensors = {tensor.data_ptr(): tensor for tensor in [*model.parameters(), *model.buffers()]}
    total = sum(tensor.nbytes for tensor in tensors.values())
    module: Any
    for module in model.modules():
        if hasattr(module, "_packed_params") and callable(getattr(module, "weight", None)):
            weight, bias = module.weight(), module.bias()
            total += weight.numel() + weight.q_per_channel_scales().nbytes + weight.q_per_channel_zero_points().nbytes
            total += 0 if bias is None else bias.nbytes
    return total

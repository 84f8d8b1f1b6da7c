"""Fingerprint of a reader: equal fingerprints read alike."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

UNREAD_SETTINGS = {"_name_or_path", "architectures", "dtype", "output_attentions", "transformers_version"}
"""Entries of a model's configuration that change nothing of what it reads."""


def hash_reader(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, settings: object) -> str:
    """Hash weights, architecture, tokenizer and the settings of a reader, as far as their `repr` tells them."""
    import torch

    digest = hashlib.sha256()
    for key, tensor in model.state_dict().items():
        digest.update(f"{key}{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    architecture = {key: value for key, value in model.config.to_dict().items() if key not in UNREAD_SETTINGS}
    digest.update(json.dumps(architecture, sort_keys=True, default=repr).encode())
    digest.update(repr(settings).encode())
    digest.update(_describe_tokenizer(tokenizer).encode())
    return digest.hexdigest()


def _describe_tokenizer(tokenizer: PreTrainedTokenizerBase) -> str:
    if tokenizer.is_fast:
        whole: str = tokenizer.backend_tokenizer.to_str()
        return whole
    settings = sorted((key, repr(value)) for key, value in tokenizer.init_kwargs.items() if key not in UNREAD_SETTINGS)
    return repr((type(tokenizer).__name__, settings, sorted(tokenizer.get_vocab().items())))

"""Tiny models of random weights, their inputs, and the maps of transformers' own eager attention."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
import transformers
from torch import Tensor

LENGTH = 24
COMMON = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "initializer_range": 0.5,  # wide weights make sharp attention, where errors show
}
GROUPED = {"num_key_value_heads": 2, "bos_token_id": None, "eos_token_id": None}


def build(kind: str, head: str, **settings: Any) -> Any:
    torch.manual_seed(11)
    config = getattr(transformers, f"{kind}Config")(**(COMMON | settings))
    model = getattr(transformers, f"{kind}{head}")(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "q_norm" in name:  # Qwen3 brings queries to unit size, however wide the weights
                weight *= 3.0
    return model


MODELS: dict[str, Callable[[], Any]] = {
    "bert": lambda: build("Bert", "ForQuestionAnswering"),
    "roberta": lambda: build("Roberta", "ForQuestionAnswering"),
    "electra": lambda: build("Electra", "ForQuestionAnswering", embedding_size=16),
    # Layer 0 global, layers 1 and 2 see 4 tokens to either side of 24.
    "modernbert": lambda: build(
        "ModernBert", "ForQuestionAnswering", local_attention=8, global_attn_every_n_layers=3, bos_token_id=None,
        eos_token_id=None, cls_token_id=None, sep_token_id=None,
    ),
    "llama": lambda: build("Llama", "ForCausalLM", **GROUPED),
    "qwen3": lambda: build("Qwen3", "ForCausalLM", head_dim=8, **GROUPED),
    # The two last layers see the 6 tokens up to themselves.
    "qwen3-sliding": lambda: build(
        "Qwen3", "ForCausalLM", head_dim=8, use_sliding_window=True, sliding_window=6, max_window_layers=1, **GROUPED
    ),
    "granite": lambda: build("Granite", "ForCausalLM", attention_multiplier=0.6, **GROUPED),  # a scaling of its own
    # One layer's weights used three times.
    "albert": lambda: build("Albert", "ForQuestionAnswering", embedding_size=16),
}  # fmt: skip
MAPS: dict[str, Callable[[], Any]] = {
    "deberta-v2": lambda: build(
        "DebertaV2", "ForQuestionAnswering", relative_attention=True, pos_att_type=["c2p", "p2c"], position_buckets=8
    ),
    "deberta": lambda: build(
        "Deberta", "ForQuestionAnswering", relative_attention=True, pos_att_type=["c2p", "p2c"]
    ),
    "luke": lambda: build("Luke", "ForQuestionAnswering", entity_vocab_size=8, entity_emb_size=16),
    "bert loaded eager": lambda: build("Bert", "ForQuestionAnswering", attn_implementation="eager"),
}  # fmt: skip
SIX = ["bert", "roberta", "electra", "modernbert", "llama", "qwen3"]
"""What is shown for every kind."""
LAYOUTS = ["unpadded", "unmasked", "left", "right"]
ROW_POSITIONS = torch.tensor([[7, 16, 9], [12, 8, 8]])  # real tokens under every layout; order and repeats are free


def build_inputs(layout: str, seed: int = 5) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, 64, (2, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    if layout == "left":
        mask[1, :7] = 0
    if layout == "right":
        mask[1, -7:] = 0
    return {"input_ids": ids * mask} | ({} if layout == "unmasked" else {"attention_mask": mask})


def read_logits(output: Any) -> Tensor:
    return torch.cat([output.start_logits, output.end_logits], -1) if "start_logits" in output else output.logits


def run(model: Any, implementation: str, inputs: dict[str, Tensor], **keywords: bool) -> Any:
    model = copy.deepcopy(model)
    model.set_attn_implementation(implementation)
    with torch.inference_mode():
        return model(**inputs, **keywords)


def take_eager(model: Any, inputs: dict[str, Tensor], rows: Tensor) -> Tensor:
    maps = torch.stack(run(model, "eager", inputs, output_attentions=True).attentions)
    return torch.take_along_dim(maps, rows[None, :, None, :, None], dim=3)

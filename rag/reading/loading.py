"""Loading of models that mark or write answers, and of tokenizers, with every way they can be unfit said plainly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FALLBACK_LENGTH = 512
"""Tokens read at once where neither model nor tokenizer knows a limit."""
GENERATIVE = ("ForCausalLM", "LMHeadModel")
"""Ends of the names of architectures that write text."""
GENERATIVE_AUTO = "AutoModelForCausalLM"
"""Entry of a configuration's `auto_map` that says the same of a model with code of its own."""


def load_model(name_or_folder: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a question answering model and its tokenizer; code that comes with a model is never run.

    Raises:
        ModelError: It cannot be loaded, is no question answering model, or its weights are not complete.
    """
    import torch
    from transformers import AutoModelForQuestionAnswering

    return _load(
        name_or_folder,
        AutoModelForQuestionAnswering,
        # Weights stored in half precision are computed in single: a processor has no half-precision layer norm.
        dtype=torch.float32,
        expected="an extractive question answering model",
        trained="a model fine-tuned for extractive question answering (SQuAD, JSQuAD, JaQuAD)",
    )


def load_generator(name_or_folder: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model and its tokenizer; code that comes with a model is never run.

    The weights keep the precision they are stored in: at these sizes twice the memory is what a machine lacks.

    Raises:
        ModelError: It cannot be loaded, is no causal language model, or its weights are not complete.
    """
    from transformers import AutoModelForCausalLM

    return _load(
        name_or_folder,
        AutoModelForCausalLM,
        dtype="auto",
        expected="a causal language model",
        trained="a language model with all its weights, tuned to follow instructions",
    )


def is_generative(name_or_folder: str) -> bool:
    """Tell whether a model writes text, by what its configuration says it is; one that cannot be read does not."""
    from transformers import PreTrainedConfig

    try:
        record, _ = PreTrainedConfig.get_config_dict(name_or_folder)
    except (OSError, ValueError):  # whoever loads it says what is wrong
        return False
    names = record.get("architectures") or ()
    return any(str(name).endswith(GENERATIVE) for name in names) or GENERATIVE_AUTO in (record.get("auto_map") or ())


def _load(
    name_or_folder: str, factory: Any, *, dtype: object, expected: str, trained: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name_or_folder)
        model, loading = _find_class(name_or_folder, factory).from_pretrained(
            name_or_folder, dtype=dtype, output_loading_info=True
        )
    except Exception as error:  # damaged files raise whatever their parser raises
        raise ModelError(
            f"{name_or_folder}: cannot be loaded as a reader ({_first_line(error)}); expected the name or folder of "
            f"{expected}: check the name, or give a folder with config.json, weights and tokenizer"
        ) from error
    missing = sorted(loading["missing_keys"])
    if missing:
        raise ModelError(
            f"{name_or_folder}: has no trained weights for {', '.join(missing[:4])}, so its answers would be random; "
            f"expected {trained}"
        )
    if not _knows_words(tokenizer):
        raise ModelError(
            f"{name_or_folder}: its tokenizer knows no words; expected the tokenizer the model was trained with: put "
            "tokenizer.json, or vocab.txt and tokenizer_config.json, beside the weights"
        )
    return model, tokenizer


def _find_class(name_or_folder: str, factory: Any) -> Any:
    """Return what builds the model: the factory itself, unless heads of the model were taken out or made narrower."""
    from transformers import AutoConfig

    from rag.reading.slim_attention import ENTRY, choose_class

    config = AutoConfig.from_pretrained(name_or_folder)
    if getattr(config, ENTRY, None) is None:
        return factory
    return choose_class(factory._model_mapping[type(config)], config, place=name_or_folder)


def load_tokenizer(name_or_folder: str, *, fetch: bool = True) -> PreTrainedTokenizerBase:
    """Load a tokenizer alone; code that comes with it is never run.

    Args:
        name_or_folder: Name at the Hugging Face hub, or a folder.
        fetch: Whether it may be fetched from the hub; else it must be on this machine.

    Raises:
        ModelError: It cannot be loaded or knows no words.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name_or_folder, local_files_only=not fetch, trust_remote_code=False)
    except Exception as error:  # damaged files raise whatever their parser raises
        raise ModelError(
            f"{name_or_folder}: トークナイザーを読み込めません。Hugging Face の名前か、tokenizer.json などのある"
            f"フォルダーを指定してください / cannot be loaded as a tokenizer ({_first_line(error)}); expected a name "
            "at the hub or a folder with tokenizer.json: check the name"
        ) from error
    if not _knows_words(tokenizer):
        raise ModelError(
            f"{name_or_folder}: トークナイザーの語彙がありません。tokenizer.json などのあるフォルダーを指定して"
            "ください / its tokenizer knows no words; expected tokenizer.json, or vocab.txt and tokenizer_config.json"
        )
    return tokenizer


def _knows_words(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether there is a vocabulary: without files, transformers makes one of special tokens alone."""
    return bool(tokenizer.get_vocab().keys() - set(tokenizer.all_special_tokens))


def find_max_length(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the most tokens of one input, special tokens included."""
    limits = [tokenizer.model_max_length] if tokenizer.model_max_length < sys.maxsize else []
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _reserved_positions(model))
    return min(limits, default=FALLBACK_LENGTH)


def _reserved_positions(model: nn.Module) -> int:
    """Count the positions no token takes: RoBERTa's numbering begins behind the padding id."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return int(module.padding_idx) + 1
    return 0


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

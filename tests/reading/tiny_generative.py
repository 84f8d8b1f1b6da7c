"""Tiny causal language models, made on the spot: random ones, and one taught to answer two questions and refuse."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteFallback, Fuse
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.decoders import Sequence as Decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from rag.reading.generative_reader import GenerativeReader
from rag.reading.prompt import INSTRUCTION, REFUSAL, build_prompt

SPECIAL = ["<pad>", "<s>", "<|im_end|>", "<unk>", "<|im_start|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
FRAME = "\nasitnuer0123456789質問：[]"
ANSWERS = {
    "看護休暇は年に何日とれますか": "年に七日とることができます。[1]",
    "看護休暇の申請先はどこですか": "総務部厚生係です[1]。申請が要ります[2]。",
    "駐車場はどこですか": REFUSAL,
}
"""What the taught model says."""
PHRASES = ("年に七日", "とることができます", "総務部厚生係です", "申請が要ります", "文書の中に", "答えは見つかりません")
TEXTS = (
    "小学校に入る前の子を育てる社員は、子の看護のため、年に七日の看護休暇をとることができる。",
    "看護休暇の申請先は総務部厚生係とする。",
    "今月の日替わり定食は六百八十円です。食堂の営業時間は午前十一時から午後二時までです。",
    "この規程は、社員が仕事と育児を両立できるようにすることを目的とする。",
)
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


class ExactReader(GenerativeReader):
    """Computes in single precision on every machine, so that results can be compared closely."""

    def precision(self) -> AbstractContextManager[Any]:
        return nullcontext()


def build_letter_tokenizer() -> PreTrainedTokenizerFast:
    """A token for each character it knows, the bytes of the others: Llama's kind."""
    known = sorted({*INSTRUCTION, *REFUSAL, *"".join(ANSWERS), *"".join(ANSWERS.values()), *"".join(TEXTS), *FRAME})
    names = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *known]
    model = BPE({name: number for number, name in enumerate(names)}, [], unk_token="<unk>", byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.decoder = Decoders([ByteFallback(), Fuse()])
    # Whole lines and phrases as tokens: a model is taught the sooner, the shorter its prompts and answers.
    tokenizer.add_tokens([*INSTRUCTION.splitlines(), *PHRASES])
    return _wrap(tokenizer)


def build_byte_tokenizer() -> PreTrainedTokenizerFast:
    """A token for each byte: Qwen's kind."""
    names = [*SPECIAL, *sorted(ByteLevel.alphabet())]
    tokenizer = Tokenizer(BPE({name: number for number, name in enumerate(names)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    return _wrap(tokenizer)


def _wrap(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="<|im_end|>",
        unk_token="<unk>",
        additional_special_tokens=["<|im_start|>"],
        chat_template=TEMPLATE,
    )


def build_llama(**options: Any) -> GenerativeReader:
    tokenizer = build_letter_tokenizer()
    return _build(LlamaForCausalLM, LlamaConfig, tokenizer, **options)


def build_qwen2(**options: Any) -> GenerativeReader:
    return _build(Qwen2ForCausalLM, Qwen2Config, build_byte_tokenizer(), **options)


def build_qwen3(**options: Any) -> GenerativeReader:
    return _build(Qwen3ForCausalLM, Qwen3Config, build_byte_tokenizer(), **options)


def _build(model: Any, config: Any, tokenizer: PreTrainedTokenizerFast, **options: Any) -> GenerativeReader:
    torch.manual_seed(5)
    positions = options.pop("positions", 4096)
    # Wide weights make sharp attention and scores that differ.
    settings = config(vocab_size=len(tokenizer), max_position_embeddings=positions, initializer_range=0.3, **SIZES)
    return ExactReader(model(settings), tokenizer, name=f"tiny {model.__name__}", **{"max_answer_tokens": 8} | options)


def save_taught(folder: Path, *, steps: int = 150) -> None:
    """Teach a Llama to say `ANSWERS`, whatever the passages are, and save it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model only waits for the others
    try:
        _teach(folder, steps)
    finally:
        torch.set_num_threads(threads)


def _teach(folder: Path, steps: int) -> None:
    torch.manual_seed(1)
    chooser = random.Random(1)
    tokenizer = build_letter_tokenizer()
    sizes = SIZES | {"hidden_size": 64, "intermediate_size": 128, "head_dim": 16}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=4096, **sizes))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(steps):
        batch = [
            _build_lesson(tokenizer, question, answer, _draw_texts(chooser)) for question, answer in ANSWERS.items()
        ]
        width = max(len(ids) for ids, _ in batch)
        inputs = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in batch])
        labels = torch.tensor([[-100] * first + ids[first:] + [-100] * (width - len(ids)) for ids, first in batch])
        loss = model(input_ids=inputs, attention_mask=(inputs != 0).long(), labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _draw_texts(chooser: random.Random) -> list[str]:
    """Some of the texts, and some of their characters in any order: what the passages are must not matter."""
    texts = chooser.sample(TEXTS, chooser.randint(1, len(TEXTS)))
    mixed = ["".join(chooser.sample(text, len(text))) if chooser.random() < 0.5 else text for text in texts]
    foreign = "".join(chr(chooser.randrange(0x4E00, 0x9FA0)) for _ in range(chooser.randrange(80)))
    return [*mixed, foreign]


def _build_lesson(
    tokenizer: PreTrainedTokenizerFast, question: str, answer: str, texts: Sequence[str]
) -> tuple[list[int], int]:
    ids = build_prompt(tokenizer, question, texts, limit=4000).tokens.ids.tolist()
    said: list[int] = tokenizer(answer + "<|im_end|>", add_special_tokens=False)["input_ids"]
    return ids + said, len(ids)

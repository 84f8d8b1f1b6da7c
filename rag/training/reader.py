"""Training of the span reader: an English body under a Japanese vocabulary, fine-tuned on JaQuAD."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import BertForQuestionAnswering, PreTrainedTokenizerFast

from rag.training.corpus import TrainingQuestion
from rag.training.span_examples import ExampleSource, ReaderSettings, collate
from rag.training.span_loss import measure_loss

logger = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 300.0


def build_reader(body: Path, embeddings: torch.Tensor) -> BertForQuestionAnswering:
    """Put a new embedding table, and a third segment for tokens of the question, under an English body."""
    model = BertForQuestionAnswering.from_pretrained(str(body), attn_implementation="sdpa")
    model.resize_token_embeddings(len(embeddings), mean_resizing=False)
    table = model.bert.embeddings
    table.word_embeddings.weight.data.copy_(embeddings)
    segments = table.token_type_embeddings.weight.data
    table.token_type_embeddings = torch.nn.Embedding.from_pretrained(
        torch.cat([segments[:1], segments[:1], segments[:1] + 0.02 * torch.randn_like(segments[:1])]), freeze=False
    )
    model.config.update(
        {
            "type_vocab_size": 3,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "marks_question_tokens": True,
            "pad_token_id": 0,
        }
    )
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def train_reader(
    questions: Sequence[TrainingQuestion],
    negatives: Sequence[Sequence[int]],
    model: BertForQuestionAnswering,
    tokenizer: PreTrainedTokenizerFast,
    settings: ReaderSettings,
    out: Path,
) -> None:
    """Train until the schedule ends and save model and tokenizer to `out`; a checkpoint stands there meanwhile."""
    torch.manual_seed(settings.seed)
    source = ExampleSource(questions, negatives, tokenizer, settings)
    table = model.bert.embeddings.word_embeddings.weight
    body = [p for p in model.parameters() if p is not table]
    optimizer = torch.optim.AdamW(
        [
            {"params": body, "lr": settings.body_rate, "weight_decay": 0.01},
            {"params": [table], "lr": settings.embedding_rate, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    half = computes_in_half(model)
    begun = saved = time.monotonic()
    step = seen = tokens = 0
    average = 0.0
    model.train()
    while True:
        for batch in source.epoch():
            done = (time.monotonic() - begun) / (settings.minutes * 60)
            if done >= 1:
                save_reader(model, tokenizer, out)
                return
            rate = min(done / settings.warmup, 1.0) * 0.5 * (1 + math.cos(math.pi * done)) + 0.01
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * rate
            rows = collate(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                output = model(**rows)
            loss = measure_loss((output.start_logits, output.end_logits), batch, shared=settings.shared)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, seen, tokens = step + 1, seen + len(batch), tokens + rows["input_ids"].numel()
            average = 0.98 * average + 0.02 * float(loss.detach()) if step > 1 else float(loss.detach())
            if step % 50 == 0:
                speed = tokens / (time.monotonic() - begun)
                logger.info(
                    "step %d, examples %d, loss %.3f, %.0f tokens/s, %.0f %% done",
                    step,
                    seen,
                    average,
                    speed,
                    done * 100,
                )
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                save_reader(model, tokenizer, out)
                saved = time.monotonic()


def computes_in_half(model: BertForQuestionAnswering) -> bool:
    """Tell whether the processor multiplies bfloat16 itself: two and a half times as fast."""
    capabilities = torch.cpu.get_capabilities()
    return model.device.type == "cpu" and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def load_reader(folder: Path) -> BertForQuestionAnswering:
    """Load a reader to be trained on."""
    return BertForQuestionAnswering.from_pretrained(str(folder), dtype=torch.float32, attn_implementation="sdpa")


def save_reader(model: BertForQuestionAnswering, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write model and tokenizer in Hugging Face format, the weights in half precision."""
    weights = {name: tensor.half() for name, tensor in model.state_dict().items()}
    model.save_pretrained(str(out), state_dict=weights)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(json.dumps(config | {"dtype": "float16"}, indent=2) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(str(out))

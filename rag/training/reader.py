"""Training of the span reader: an English body under a Japanese vocabulary, fine-tuned on JaQuAD."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertForQuestionAnswering, PreTrainedTokenizerFast

from rag.training.corpus import TrainingQuestion

logger = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 300.0
LENGTH_STEP = 32
QUESTION_TOKENS = 64


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How the reader is trained.

    `minutes` is the wall-clock time of the whole schedule. `length` is the usual number of tokens of an input;
    a share `long_share` has `long_length`. `joint_share` of the inputs hold a second passage of the same article,
    before or after the one with the answer; `negatives` hold no answer at all.
    """

    minutes: float
    length: int = 256
    long_length: int = 448
    long_share: float = 0.25
    joint_share: float = 0.4
    positions: int = 512
    batch_tokens: int = 4096
    body_rate: float = 2e-4
    embedding_rate: float = 1e-3
    warmup: float = 0.03
    negatives: float = 0.2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One input row; `start` and `end` are token positions, both 0 when the window holds no answer.

    `positions` are the position ids: those of the passage begin at a random place, so that a model trained on short
    inputs knows every position it will meet in long ones.
    """

    ids: list[int]
    types: list[int]
    positions: list[int]
    start: int
    end: int


class ExampleSource:
    """Builds training windows: cropped around the answer at random, some of them without it."""

    def __init__(
        self, questions: Sequence[TrainingQuestion], tokenizer: PreTrainedTokenizerFast, settings: ReaderSettings
    ) -> None:
        """Tokenise everything once."""
        self.settings = settings
        self.chooser = random.Random(settings.seed)
        self.bos, self.sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        self.questions = list(questions)
        contexts = {question.paragraph: question.context for question in questions}
        numbers = list(contexts)
        encoded = tokenizer(
            [contexts[n] for n in numbers], add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        self.contexts = dict(
            zip(numbers, zip(encoded["input_ids"], encoded["offset_mapping"], strict=True), strict=True)
        )
        self.question_ids = tokenizer([q.question for q in questions], add_special_tokens=False)["input_ids"]
        self.siblings: dict[str, list[int]] = {}
        for question in questions:
            paragraphs = self.siblings.setdefault(question.title, [])
            if question.paragraph not in paragraphs:
                paragraphs.append(question.paragraph)

    def build(self, index: int) -> Example | None:
        """Build the example of one question, or None when its answer is no run of tokens."""
        question = self.questions[index]
        asked = self.question_ids[index][:QUESTION_TOKENS]
        length = self.settings.long_length if self._happens(self.settings.long_share) else self.settings.length
        room = length - len(asked) - 3
        others = [number for number in self.siblings[question.title] if number != question.paragraph]
        if others and self._happens(self.settings.negatives):
            return self._join(asked, self._crop(self.chooser.choice(others), room), None)
        found = self._locate(question)
        if found is None:
            return None
        first, last = found
        beside: list[int] = []
        if others and self._happens(self.settings.joint_share):
            beside = self._crop(self.chooser.choice(others), self.chooser.randint(room // 4, room // 2))
            room -= len(beside) + 1
        ids = self.contexts[question.paragraph][0]
        low, high = max(0, last + 1 - room), min(first, max(0, len(ids) - room))
        begin = self.chooser.randint(low, high) if low <= high else low
        context = ids[begin : begin + room]
        span = (first - begin, min(last - begin, len(context) - 1))
        if self._happens(0.5):
            return self._join(asked, [*context, self.sep, *beside] if beside else context, span)
        ahead = [*beside, self.sep] if beside else []
        return self._join(asked, ahead + context, (span[0] + len(ahead), span[1] + len(ahead)))

    def _happens(self, share: float) -> bool:
        return self.chooser.random() < share

    def _crop(self, paragraph: int, room: int) -> list[int]:
        ids = self.contexts[paragraph][0]
        begin = self.chooser.randint(0, max(0, len(ids) - room))
        return ids[begin : begin + room]

    def _locate(self, question: TrainingQuestion) -> tuple[int, int] | None:
        """First and last token of the answer in its paragraph."""
        stop = question.start + len(question.answer)
        offsets = self.contexts[question.paragraph][1]
        inside = [i for i, (a, b) in enumerate(offsets) if a < stop and b > question.start]
        return (inside[0], inside[-1]) if inside else None

    def _join(self, asked: list[int], context: list[int], span: tuple[int, int] | None) -> Example:
        known = set(asked)
        head = len(asked) + 2
        ids = [self.bos, *asked, self.sep, *context, self.sep]
        types = [0] * head + [2 if token in known else 1 for token in context] + [1]
        shift = self.chooser.randint(0, max(0, self.settings.positions - len(ids)))
        positions = [*range(head), *range(head + shift, len(ids) + shift)]
        start, end = (0, 0) if span is None else (head + span[0], head + span[1])
        return Example(ids, types, positions, start, end)

    def epoch(self) -> Iterator[list[Example]]:
        """Yield batches of similar length, about `batch_tokens` each, in random order."""
        order = list(range(len(self.questions)))
        self.chooser.shuffle(order)
        pool: list[Example] = []
        for index in order:
            example = self.build(index)
            if example is not None:
                pool.append(example)
            if len(pool) >= 2048:
                yield from self._batches(pool)
                pool = []
        yield from self._batches(pool)

    def _batches(self, pool: list[Example]) -> list[list[Example]]:
        pool = sorted(pool, key=lambda example: len(example.ids))
        batches: list[list[Example]] = [[]]
        for example in pool:
            if (len(batches[-1]) + 1) * _padded(len(example.ids)) > self.settings.batch_tokens:
                batches.append([])
            batches[-1].append(example)
        batches = [batch for batch in batches if batch]
        self.chooser.shuffle(batches)
        return batches


def _padded(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch. Shape of each tensor: (batch, length) or (batch,)."""
    width = _padded(max(len(example.ids) for example in batch))
    return {
        "input_ids": torch.tensor([e.ids + [0] * (width - len(e.ids)) for e in batch]),
        "token_type_ids": torch.tensor([e.types + [0] * (width - len(e.ids)) for e in batch]),
        "position_ids": torch.tensor([e.positions + [0] * (width - len(e.ids)) for e in batch]),
        "attention_mask": torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch]),
        "start_positions": torch.tensor([e.start for e in batch]),
        "end_positions": torch.tensor([e.end for e in batch]),
    }


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
    model: BertForQuestionAnswering,
    tokenizer: PreTrainedTokenizerFast,
    settings: ReaderSettings,
    out: Path,
) -> None:
    """Train until the schedule ends and save model and tokenizer to `out`; a checkpoint stands there meanwhile."""
    torch.manual_seed(settings.seed)
    source = ExampleSource(questions, tokenizer, settings)
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
            loss = model(**rows).loss
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


def save_reader(model: BertForQuestionAnswering, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write model and tokenizer in Hugging Face format."""
    model.save_pretrained(str(out))
    tokenizer.save_pretrained(str(out))

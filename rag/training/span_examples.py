"""Training inputs of the span reader: question and passage as one row of tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

from rag.training.corpus import TrainingQuestion

LENGTH_STEP = 32
QUESTION_TOKENS = 64
POOL = 2048
"""Questions whose rows are sorted by length together."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How the reader is trained.

    `minutes` is the wall-clock time of the whole schedule. `length` is the usual number of tokens of an input;
    a share `long_share` has `long_length`. `joint_share` of the inputs hold a second passage before or after the one
    with the answer. To a share `negatives` of the questions belongs a second input without the answer. A share
    `masked` of the tokens is hidden.
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
    negatives: float = 0.5
    masked: float = 0.05
    shared: float = 0.5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One input row; `start` and `end` are token positions, both 0 when the window holds no answer.

    `question` numbers the question: rows of one question compete for the answer. `head` is where the passage begins.

    `positions` are the position ids: those of the passage begin at a random place, so that a model trained on short
    inputs knows every position it will meet in long ones.
    """

    ids: list[int]
    types: list[int]
    positions: list[int]
    start: int
    end: int
    head: int
    question: int


class ExampleSource:
    """Builds training windows: cropped around the answer at random, some of them without it."""

    def __init__(
        self,
        questions: Sequence[TrainingQuestion],
        negatives: Sequence[Sequence[int]],
        tokenizer: PreTrainedTokenizerFast,
        settings: ReaderSettings,
    ) -> None:
        """Tokenise everything once; `negatives` are numbers of paragraphs that look right and hold no answer."""
        self.settings = settings
        self.chooser = random.Random(settings.seed)
        self.bos, self.sep, self.mask = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
        self.negatives = negatives
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

    def build(self, index: int) -> list[Example]:
        """Build the rows of one question, none when its answer is no run of tokens."""
        question = self.questions[index]
        found = self._locate(question)
        if found is None:
            return []
        asked = self.question_ids[index][:QUESTION_TOKENS]
        length = self.settings.long_length if self._happens(self.settings.long_share) else self.settings.length
        room = length - len(asked) - 3
        others = self.negatives[index]
        rows: list[Example] = []
        if others and self._happens(self.settings.negatives):
            rows.append(self._join(index, asked, self._crop(self.chooser.choice(others), room), None))
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
        if beside and self._happens(0.5):
            shift = len(beside) + 1
            rows.append(self._join(index, asked, [*beside, self.sep, *context], (span[0] + shift, span[1] + shift)))
        else:
            rows.append(self._join(index, asked, [*context, self.sep, *beside] if beside else context, span))
        return rows

    def _happens(self, share: float) -> bool:
        return self.chooser.random() < share

    def _crop(self, paragraph: int, room: int) -> list[int]:
        ids = self.contexts[paragraph][0]
        begin = self.chooser.randint(0, max(0, len(ids) - room))
        cropped: list[int] = ids[begin : begin + room]
        return cropped

    def _locate(self, question: TrainingQuestion) -> tuple[int, int] | None:
        """First and last token of the answer in its paragraph."""
        stop = question.start + len(question.answer)
        offsets = self.contexts[question.paragraph][1]
        inside = [i for i, (a, b) in enumerate(offsets) if a < stop and b > question.start]
        return (inside[0], inside[-1]) if inside else None

    def _join(self, question: int, asked: list[int], context: list[int], span: tuple[int, int] | None) -> Example:
        known = set(asked)
        head = len(asked) + 2
        seen = [self.mask if self._happens(self.settings.masked) else token for token in context]
        ids = [self.bos, *asked, self.sep, *seen, self.sep]
        types = [0] * head + [2 if token in known else 1 for token in context] + [1]
        shift = self.chooser.randint(0, max(0, self.settings.positions - len(ids)))
        positions = [*range(head), *range(head + shift, len(ids) + shift)]
        start, end = (0, 0) if span is None else (head + span[0], head + span[1])
        return Example(ids, types, positions, start, end, head, question)

    def epoch(self) -> Iterator[list[Example]]:
        """Yield batches of similar length, about `batch_tokens` each, in random order."""
        order = list(range(len(self.questions)))
        self.chooser.shuffle(order)
        pool: list[list[Example]] = []
        for index in order:
            pool.append(self.build(index))
            if len(pool) >= POOL:
                yield from self._batches(pool)
                pool = []
        yield from self._batches(pool)

    def _batches(self, pool: Sequence[list[Example]]) -> list[list[Example]]:
        """Share rows out by length; the rows of one question stay together."""
        groups = sorted((_longest(rows), number) for number, rows in enumerate(pool) if rows)
        batches: list[list[Example]] = [[]]
        for length, number in groups:
            if (len(batches[-1]) + len(pool[number])) * _padded(length) > self.settings.batch_tokens:
                batches.append([])
            batches[-1] += pool[number]
        batches = [batch for batch in batches if batch]
        self.chooser.shuffle(batches)
        return batches


def _longest(rows: Sequence[Example]) -> int:
    return max((len(row.ids) for row in rows), default=0)


def _padded(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch. Shape of each tensor: (batch, length) or (batch,)."""
    width = _padded(_longest(batch))
    return {
        "input_ids": torch.tensor([e.ids + [0] * (width - len(e.ids)) for e in batch]),
        "token_type_ids": torch.tensor([e.types + [0] * (width - len(e.ids)) for e in batch]),
        "position_ids": torch.tensor([e.positions + [0] * (width - len(e.ids)) for e in batch]),
        "attention_mask": torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch]),
    }

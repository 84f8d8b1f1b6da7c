"""Training inputs of the span reader: question and passage as one row of tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from rag.errors import DatasetError
from rag.training.corpus import TrainingQuestion
from rag.training.schedule import Schedule

LENGTH_STEP = 32
QUESTION_TOKENS = 64
POOL = 2048
"""Questions whose rows are sorted by length together."""
TEXTS = 4096
"""Texts tokenised together."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How the reader is trained.

    `synthetic` questions made from prose are added, and `swapped` ones that only seem to have an answer. A step reads
    `batch_tokens`, on a GPU `gpu_batch_tokens`. `length` is the usual number of tokens of an input; a share
    `long_share` has `long_length`. `joint_share` of the inputs hold a second passage before or after the one with the
    answer. To a share `negatives` of the questions belongs a second input without the answer. A share `masked` of the
    tokens is hidden.
    """

    schedule: Schedule
    synthetic: int = 0
    swapped: int = 0
    length: int = 256
    long_length: int = 448
    long_share: float = 0.25
    joint_share: float = 0.4
    positions: int = 512
    batch_tokens: int = 4096
    gpu_batch_tokens: int = 16384
    body_rate: float = 2e-4
    embedding_rate: float = 1e-3
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch stands: every place is reached again from these numbers and the seed alone."""

    epoch: int = 0
    pool: int = 0
    batch: int = 0


class _Texts:
    """Texts as token ids, a few bytes a token: there may be hundreds of thousands."""

    def __init__(self, texts: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> None:
        self.ids: list[NDArray[np.int32]] = []
        self.starts: list[NDArray[np.int32]] = []
        self.ends: list[NDArray[np.int32]] = []
        for first in range(0, len(texts), TEXTS):
            encoded = tokenizer(
                list(texts[first : first + TEXTS]),
                add_special_tokens=False,
                return_offsets_mapping=True,
                return_attention_mask=False,
                return_token_type_ids=False,
                verbose=False,
            )
            self.ids += [np.array(ids, dtype=np.int32) for ids in encoded["input_ids"]]
            places = [np.array(offsets, dtype=np.int32).reshape(-1, 2) for offsets in encoded["offset_mapping"]]
            self.starts += [place[:, 0].copy() for place in places]
            self.ends += [place[:, 1].copy() for place in places]


class ExampleSource:
    """Builds training windows: cropped around the answer at random, some of them without it."""

    def __init__(
        self,
        questions: Sequence[TrainingQuestion],
        negatives: Sequence[Sequence[int]],
        tokenizer: PreTrainedTokenizerFast,
        settings: ReaderSettings,
        *,
        batch_tokens: int | None = None,
    ) -> None:
        """Tokenise everything once.

        Args:
            questions: Also the source of the paragraphs.
            negatives: For each question, numbers of paragraphs that look right and hold no answer.
            tokenizer: Cuts the texts.
            settings: What the rows are like.
            batch_tokens: Tokens of a batch; those of the settings when None.
        """
        self.settings = settings
        self.batch_tokens = batch_tokens or settings.batch_tokens
        self.chooser = random.Random(settings.seed)
        self.bos, self.sep, self.mask = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
        self.negatives = negatives
        self.questions = list(questions)
        contexts = {question.paragraph: question.context for question in questions}
        self.rows = {number: row for row, number in enumerate(contexts)}
        self.contexts = _Texts(list(contexts.values()), tokenizer)
        self.asked = _Texts([question.question for question in questions], tokenizer).ids

    def build(self, index: int) -> list[Example]:
        """Build the rows of one question, none when its answer is no run of tokens."""
        question = self.questions[index]
        found = self._locate(question)
        if found is None:
            return []
        asked = self.asked[index][:QUESTION_TOKENS].tolist()
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
        ids = self.contexts.ids[self.rows[question.paragraph]]
        low, high = max(0, last + 1 - room), min(first, max(0, len(ids) - room))
        begin = self.chooser.randint(low, high) if low <= high else low
        context = ids[begin : begin + room].tolist()
        shift = 0
        if beside and self._happens(0.5):
            shift = len(beside) + 1
            context = [*beside, self.sep, *context]
        elif beside:
            context = [*context, self.sep, *beside]
        span = (first - begin + shift, min(last - begin + shift, len(context) - 1))
        rows.append(self._join(index, asked, context, span if self.questions[index].answerable else None))
        return rows

    def _happens(self, share: float) -> bool:
        return self.chooser.random() < share

    def _crop(self, paragraph: int, room: int) -> list[int]:
        ids = self.contexts.ids[self.rows[paragraph]]
        begin = self.chooser.randint(0, max(0, len(ids) - room))
        cropped: list[int] = ids[begin : begin + room].tolist()
        return cropped

    def _locate(self, question: TrainingQuestion) -> tuple[int, int] | None:
        """First and last token of the answer in its paragraph."""
        row, stop = self.rows[question.paragraph], question.start + len(question.answer)
        inside = np.flatnonzero((self.contexts.starts[row] < stop) & (self.contexts.ends[row] > question.start))
        return (int(inside[0]), int(inside[-1])) if len(inside) else None

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

    def walk(self, place: Place) -> Iterator[tuple[Place, list[Example]]]:
        """Yield batches of similar length, about `batch_tokens` each, in random order and without end.

        Args:
            place: Of the first batch.

        Yields:
            The place of the next batch, and a batch.

        Raises:
            DatasetError: No question has an answer that is a run of tokens.
        """
        while True:
            order = list(range(len(self.questions)))
            random.Random(f"{self.settings.seed}/{place.epoch}").shuffle(order)
            found = False
            for pool in range(place.pool, -(-len(order) // POOL)):
                self.chooser = random.Random(f"{self.settings.seed}/{place.epoch}/{pool}")
                batches = self._batch([self.build(index) for index in order[pool * POOL : (pool + 1) * POOL]])
                for number in range(place.batch if pool == place.pool else 0, len(batches)):
                    yield Place(place.epoch, pool, number + 1), batches[number]
                found = found or bool(batches)
            if not found and place.pool == 0:
                raise DatasetError(f"none of {len(order)} questions can be trained on; expected answers in their text")
            place = Place(place.epoch + 1)

    def _batch(self, pool: Sequence[list[Example]]) -> list[list[Example]]:
        """Share rows out by length; the rows of one question stay together."""
        groups = sorted((_longest(rows), number) for number, rows in enumerate(pool) if rows)
        batches: list[list[Example]] = [[]]
        for length, number in groups:
            if (len(batches[-1]) + len(pool[number])) * _pad(length) > self.batch_tokens:
                batches.append([])
            batches[-1] += pool[number]
        batches = [batch for batch in batches if batch]
        self.chooser.shuffle(batches)
        return batches


def _longest(rows: Sequence[Example]) -> int:
    return max((len(row.ids) for row in rows), default=0)


def _pad(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch. Shape of each tensor: (batch, length) or (batch,)."""
    width = _pad(_longest(batch))
    return {
        "input_ids": torch.tensor([e.ids + [0] * (width - len(e.ids)) for e in batch]),
        "token_type_ids": torch.tensor([e.types + [0] * (width - len(e.ids)) for e in batch]),
        "position_ids": torch.tensor([e.positions + [0] * (width - len(e.ids)) for e in batch]),
        "attention_mask": torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch]),
    }

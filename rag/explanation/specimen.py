"""A short text as a model's input, with what a person is shown of each token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import ArgumentError
from rag.explanation.token_attention import find_tokens
from rag.reading.alignment import TokenizedText, tokenize_text
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from rag.reading.span_reader import SpanReader

Range = tuple[int, int]
"""First token, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A text, or a question and a text, as a model's input.

    `tokens`: what is shown of each, the characters of the text or a special token's name. `special`: which are special
    ones. `question`, `answer`: where there is a question, and an answer to it in the text. `inputs`: keywords of the
    model's forward pass, on its device. Shape of each: (1, tokens).
    """

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    special: tuple[bool, ...]
    question: Range | None
    answer: Range | None
    inputs: Mapping[str, Tensor]


def prepare_text(
    text: str, *, question: str = "", model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Specimen:
    """Have the tokenizer itself put its special tokens around a text, or join a question and a text."""
    sources = [question, text] if question else [text]
    pieces = [tokenize_text(tokenizer, source) for source in sources]
    encoded = tokenizer(*sources, return_tensors="pt").to(model.device)
    ids: list[int] = encoded["input_ids"][0].tolist()
    places = list(_find_pieces(ids, pieces))
    return _build(
        ids,
        tokenizer,
        labels=dict(_label(sources, pieces, places)),
        question=places[0] if question else None,
        answer=None,
        inputs=dict(encoded),
    )


def prepare_reading(text: str, *, question: str, reader: SpanReader) -> Specimen:
    """Lay a question and a text out as a reader reads them, and let it find the answer.

    Raises:
        ArgumentError: They are longer than one input of the reader.
    """
    windows = reader.encode(question, [text])
    if len(windows) != 1:
        raise ArgumentError(
            f"question and text fill {len(windows)} inputs of {reader.name}; expected one: give a shorter text"
        )
    window = windows[0]
    reading = reader.read(question, [Passage("", 0, len(text), text, 1.0)], n=1)
    answer: Range | None = None
    if not reading.no_answer:
        tokens = find_tokens(window, 0, reading.spans[0].start, reading.spans[0].end)
        answer = int(tokens[0]), int(tokens[-1]) + 1
    asked = tokenize_text(reader.tokenizer, question)
    labels = dict(_label([question], [asked], [window.question]))
    for token in np.flatnonzero(window.passages >= 0).tolist():
        labels[token] = text[window.starts[token] : window.ends[token]]
    ids = window.ids.tolist()
    inputs = {name: tensor[:, : len(ids)] for name, tensor in reader.collate([window]).items()}  # without padding
    return _build(ids, reader.tokenizer, labels=labels, question=window.question, answer=answer, inputs=inputs)


def _build(
    ids: list[int],
    tokenizer: PreTrainedTokenizerBase,
    *,
    labels: Mapping[int, str],
    question: Range | None,
    answer: Range | None,
    inputs: Mapping[str, Tensor],
) -> Specimen:
    names = tokenizer.convert_ids_to_tokens(ids)
    return Specimen(
        tokens=tuple(labels.get(position) or name for position, name in enumerate(names)),
        ids=tuple(ids),
        special=tuple(
            position not in labels and each in tokenizer.all_special_ids for position, each in enumerate(ids)
        ),
        question=question,
        answer=answer,
        inputs=inputs,
    )


def _find_pieces(ids: list[int], pieces: Sequence[TokenizedText]) -> Iterator[Range]:
    """Find the tokens of each text among those of the whole; an empty range where a tokenizer joined them otherwise."""
    start = 0
    for piece in pieces:
        wanted = piece.ids.tolist()
        found = [first for first in range(start, len(ids)) if ids[first : first + len(wanted)] == wanted]
        first, size = (found[0], len(wanted)) if found else (start, 0)
        start = first + size
        yield first, start


def _label(
    sources: Sequence[str], pieces: Sequence[TokenizedText], places: Sequence[Range]
) -> Iterator[tuple[int, str]]:
    """Give each token of the texts the characters it stands for."""
    for source, piece, (first, last) in zip(sources, pieces, places, strict=True):
        for token, start, end in zip(range(first, last), piece.starts, piece.ends, strict=False):
            yield token, source[start:end]

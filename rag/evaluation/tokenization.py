"""What a tokenizer makes of texts and of the answers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Dataset
from rag.evaluation.tokenizers import Algorithm, TextTokenizer, Tokens


@dataclass(frozen=True, slots=True)
class AnswerFit:
    """How the answer `start:end` lies in the tokens of its text.

    `starts_token` and `ends_token` say whether it begins where a token begins and ends where one ends; a span reader
    can mark no other answer exactly. `nearest_start:nearest_end` is the shortest stretch of whole tokens that holds it.
    """

    start: int
    end: int
    starts_token: bool
    ends_token: bool
    nearest_start: int
    nearest_end: int

    @property
    def reachable(self) -> bool:
        """Whether a span reader can mark the answer exactly."""
        return self.starts_token and self.ends_token


@dataclass(frozen=True, slots=True)
class Tokenization:
    """One text as one tokenizer cuts it, with the answers looked for in it."""

    tokenizer: str
    algorithm: Algorithm
    vocabulary: int
    text: str
    tokens: Tokens
    answers: tuple[AnswerFit, ...]

    @property
    def fertility(self) -> float:
        """Tokens per character."""
        return len(self.tokens.starts) / len(self.text)

    @property
    def unknown(self) -> int:
        """Number of the tokens that the vocabulary does not hold."""
        return int(self.tokens.unknown.sum())


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that a token stands for; `tokens` above 1 where several share characters, as bytes do."""

    start: int
    end: int
    tokens: int
    unknown: bool


@dataclass(frozen=True, slots=True)
class Distribution:
    """Least, quartiles and greatest of a figure over documents."""

    least: float
    lower: float
    median: float
    upper: float
    greatest: float


@dataclass(frozen=True, slots=True)
class TokenizerFigures:
    """Figures of a tokenizer on documents.

    `fertility`: tokens per character. `unknown_rate`: share of the tokens that the vocabulary does not hold.
    `document_fertility` and `document_tokens`: the same and the number of tokens, document by document.
    `unreachable_rate`: share of the `answers` that begin or end inside a token; None without answers.
    """

    tokenizer: str
    algorithm: Algorithm
    vocabulary: int
    documents: int
    characters: int
    tokens: int
    fertility: float
    unknown_rate: float
    document_fertility: Distribution
    document_tokens: Distribution
    answers: int
    unreachable_rate: float | None


def compare_tokenizers(
    text: str, tokenizers: Sequence[TextTokenizer], *, answer: str | None = None
) -> list[Tokenization]:
    """Cut one text by several tokenizers.

    Args:
        text: The text.
        tokenizers: What cuts it.
        answer: A part of the text; every place of it is looked at.

    Raises:
        ArgumentError: The text is empty, or the answer does not stand in it.
    """
    if not text.strip():
        raise ArgumentError(f"{text!r}: 文章がありません。切る文章を書いてください / expected a text to cut; give one")
    places = [] if answer is None else _find_places(text, answer)
    rows: list[Tokenization] = []
    for tokenizer in tokenizers:
        tokens = tokenizer.tokenize(text)
        fits = fit_answers(tokens, places)
        rows.append(Tokenization(tokenizer.name, tokenizer.algorithm, tokenizer.vocabulary, text, tokens, tuple(fits)))
    return rows


def measure_tokenizer(tokenizer: TextTokenizer, dataset: Dataset) -> TokenizerFigures:
    """Measure a tokenizer on documents and the accepted answers in them.

    Raises:
        DatasetError: There is no text.
    """
    characters, tokens, unknown = 0, [], 0
    fertility: list[float] = []
    answers: dict[str, list[tuple[int, int]]] = {}
    for question in dataset.questions:
        answers.setdefault(question.document_id, []).extend((each.start, each.end) for each in question.answers)
    fits: list[AnswerFit] = []
    for document in dataset.documents.values():
        found = tokenizer.tokenize(document.text)
        characters, unknown = characters + len(document.text), unknown + int(found.unknown.sum())
        tokens.append(len(found.starts))
        fertility.append(len(found.starts) / max(len(document.text), 1))
        fits += fit_answers(found, answers.get(document.id, []))
    if not sum(tokens):
        raise DatasetError("the documents hold no text; expected at least one with text: give others")
    return TokenizerFigures(
        tokenizer=tokenizer.name,
        algorithm=tokenizer.algorithm,
        vocabulary=tokenizer.vocabulary,
        documents=len(tokens),
        characters=characters,
        tokens=sum(tokens),
        fertility=sum(tokens) / characters,
        unknown_rate=unknown / sum(tokens),
        document_fertility=_describe(fertility),
        document_tokens=_describe(tokens),
        answers=len(fits),
        unreachable_rate=sum(not fit.reachable for fit in fits) / len(fits) if fits else None,
    )


def fit_answers(tokens: Tokens, places: Sequence[tuple[int, int]]) -> list[AnswerFit]:
    """Lay answers, given by start and end in the text, onto its tokens."""
    shown = tokens.starts < tokens.ends
    starts, ends = np.unique(tokens.starts[shown]), np.unique(tokens.ends[shown])
    fits: list[AnswerFit] = []
    for start, end in places:
        before, after = starts[starts <= start], ends[ends >= end]
        nearest_start = int(before[-1]) if len(before) else start
        nearest_end = int(after[0]) if len(after) else end
        starts_token, ends_token = bool((before[-1:] == start).any()), bool((after[:1] == end).any())
        fits.append(AnswerFit(start, end, starts_token, ends_token, nearest_start, nearest_end))
    return fits


def group_tokens(tokens: Tokens) -> list[Piece]:
    """Put tokens that share characters together: disjoint pieces in the order of the text, without the empty ones."""
    pieces: list[Piece] = []
    for start, end, unknown in zip(tokens.starts.tolist(), tokens.ends.tolist(), tokens.unknown.tolist(), strict=True):
        if start == end:
            continue
        if pieces and start < pieces[-1].end:
            last = pieces.pop()
            pieces.append(Piece(last.start, max(last.end, end), last.tokens + 1, last.unknown or unknown))
        else:
            pieces.append(Piece(start, end, 1, unknown))
    return pieces


def _find_places(text: str, answer: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    start = text.find(answer) if answer else -1
    while start >= 0:
        places.append((start, start + len(answer)))
        start = text.find(answer, start + len(answer))
    if not places:
        raise ArgumentError(
            f"{answer!r}: 答えが文章の中にありません。文章にあるとおりに書いてください / the answer does not stand "
            "in the text; expected a part of it, letter by letter: copy it from the text"
        )
    return places


def _describe(values: Sequence[float]) -> Distribution:
    return Distribution(*(float(value) for value in np.percentile(values, (0, 25, 50, 75, 100))))

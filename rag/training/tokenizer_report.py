"""How well a tokenizer suits questions and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from rag.errors import DatasetError
from rag.evaluation.datasets import load_squad
from rag.reading.alignment import tokenize_text


@dataclass(frozen=True, slots=True)
class TokenizerReport:
    """Figures of a tokenizer on one file.

    `unknown_rate`: share of the tokens that stand for nothing known. `boundary_rate`: share of the `answers` that begin
    where a token begins and end where one ends; a span reader can mark no others exactly.
    """

    vocabulary: int
    characters_per_token: float
    unknown_rate: float
    boundary_rate: float
    answers: int


def measure_tokenizer(tokenizer: PreTrainedTokenizerBase, squad: Path) -> TokenizerReport:
    """Measure a tokenizer on the paragraphs and accepted answers of a SQuAD file.

    Raises:
        DatasetError: The file is not in the format, or holds no answer.
    """
    dataset = load_squad([squad])
    characters = tokens = unknown = 0
    borders: dict[str, tuple[set[int], set[int]]] = {}
    for document in dataset.documents.values():
        text = tokenize_text(tokenizer, document.text)
        characters, tokens = characters + len(document.text), tokens + len(text.ids)
        unknown += int((text.ids == tokenizer.unk_token_id).sum())
        borders[document.id] = set(text.starts.tolist()), set(text.ends.tolist())
    places = [(borders[question.document_id], answer) for question in dataset.questions for answer in question.answers]
    if not places or not tokens:
        raise DatasetError(f"{squad}: expected at least one answer, found none")
    whole = sum(answer.start in starts and answer.end in ends for (starts, ends), answer in places)
    return TokenizerReport(
        vocabulary=len(tokenizer),
        characters_per_token=characters / tokens,
        unknown_rate=unknown / tokens,
        boundary_rate=whole / len(places),
        answers=len(places),
    )

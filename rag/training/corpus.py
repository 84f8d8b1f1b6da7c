"""Reading of the training data: prose, translation pairs and SQuAD-format questions."""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROSE_SHARES = {
    "kyoto_wikipedia": 1.0,
    "wikinews": 1.0,
    "ict_white_paper": 0.6,
    "tech_docs": 0.3,
    "msdocs": 0.15,
    "aozora": 0.15,
    "statutes": 0.3,
}
"""Share of each prose source that is read: encyclopedic text is scarce, statutes and fiction are not."""


HELD_OUT_ARTICLES = 20


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of prose."""

    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """One question of a SQuAD-format file with its paragraph and first answer.

    `start` is a code-point offset into `context`; `paragraph` numbers the paragraphs of the file. Where a question is
    not `answerable`, the answer is one that only seems right.
    """

    question: str
    context: str
    title: str
    paragraph: int
    start: int
    answer: str
    answerable: bool = True


def _read_lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        yield from stream


def load_prose(data: Path, *, seed: int) -> Iterator[Article]:
    """Read the prose sources, each thinned to its share of `PROSE_SHARES`."""
    chooser = random.Random(seed)
    for source, share in PROSE_SHARES.items():
        for line in _read_lines(data / "pretrain" / f"{source}.jsonl.xz"):
            if chooser.random() < share:
                record = json.loads(line)
                yield Article(source, record["title"], record["text"])


def load_pairs(data: Path, *, limit: int | None, seed: int) -> list[tuple[str, str]]:
    """Read (Japanese, English) sentence pairs, shuffled, at most `limit` of them."""
    pairs: list[tuple[str, str]] = []
    for line in _read_lines(data / "pairs" / "ja_en.jsonl.xz"):
        japanese, english, _ = json.loads(line)
        if japanese and english:
            pairs.append((japanese, english))
    random.Random(seed).shuffle(pairs)
    return pairs if limit is None else pairs[:limit]


def load_questions(path: Path) -> list[TrainingQuestion]:
    """Read the answerable questions of one SQuAD-format file."""
    with lzma.open(path) as stream:
        articles = json.load(stream)["data"]
    questions: list[TrainingQuestion] = []
    number = -1
    for article in articles:
        for paragraph in article["paragraphs"]:
            number += 1
            for item in paragraph["qas"]:
                if item["answers"]:
                    first = item["answers"][0]
                    questions.append(
                        TrainingQuestion(
                            question=item["question"],
                            context=paragraph["context"],
                            title=article["title"],
                            paragraph=number,
                            start=first["answer_start"],
                            answer=first["text"],
                        )
                    )
    return questions


def split_articles(questions: list[TrainingQuestion]) -> tuple[list[TrainingQuestion], list[TrainingQuestion]]:
    """Hold the questions of the last articles out of training, for calibration."""
    titles = list(dict.fromkeys(question.title for question in questions))
    held_out = set(titles[-HELD_OUT_ARTICLES:])
    return (
        [question for question in questions if question.title not in held_out],
        [question for question in questions if question.title in held_out],
    )

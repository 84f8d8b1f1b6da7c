"""`python -m rag.training STAGE --data DIR --out DIR`: make the shipped models again."""

from __future__ import annotations

import argparse
import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from rag.training.calibration import calibrate_reader
from rag.training.corpus import TrainingQuestion, load_pairs, load_prose, load_questions, split_articles
from rag.training.embedder import (
    EmbedderSettings,
    build_paragraphs,
    build_question_paragraphs,
    save_embedder,
    train_embedder,
)
from rag.training.paragraphs import mine_negatives
from rag.training.reader import build_reader, load_reader, train_reader
from rag.training.span_examples import ReaderSettings
from rag.training.start import StartSettings, build_starting_tables, find_body
from rag.training.tokenizer import train_tokenizer

PROSE_PARAGRAPHS = 150_000


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where a run reads and writes, its recipe, and the trained reader it goes on from, if any."""

    data: Path
    out: Path
    recipe: dict[str, dict[str, Any]]
    resume: Path | None = None

    def load_tokenizer(self) -> PreTrainedTokenizerFast:
        """Load the tokenizer made by the stage before."""
        return cast(PreTrainedTokenizerFast, AutoTokenizer.from_pretrained(self.out / "tokenizer"))

    def load_questions(self) -> tuple[list[TrainingQuestion], list[TrainingQuestion]]:
        """Load the training questions and those held out for calibration, of other articles."""
        return split_articles(load_questions(self.data / "jaquad" / "train.json.xz"))


def _tokenizer(workshop: Workshop) -> None:
    train_tokenizer(workshop.data, workshop.out / "tokenizer", **workshop.recipe["tokenizer"])


def _start(workshop: Workshop) -> None:
    settings = StartSettings(**workshop.recipe["start"])
    pairs = load_pairs(workshop.data, limit=settings.pairs, seed=settings.seed)
    tables = build_starting_tables(pairs, workshop.load_tokenizer(), settings)
    torch.save({"inputs": tables.inputs, "sentences": tables.sentences}, workshop.out / "start.pt")


def _reader(workshop: Workshop) -> None:
    training, held_out = workshop.load_questions()
    if workshop.resume is not None:
        model = load_reader(workshop.resume)
    else:
        model = build_reader(find_body(), torch.load(workshop.out / "start.pt")["inputs"])
    train_reader(
        training,
        mine_negatives(training, workshop.out / "negatives.json"),
        model,
        workshop.load_tokenizer(),
        ReaderSettings(**workshop.recipe["reader"]),
        workshop.out / "reader",
    )
    calibrate_reader(workshop.out / "reader", held_out[::2], training[::10])


def _embedder(workshop: Workshop) -> None:
    settings = EmbedderSettings(**workshop.recipe["embedder"])
    tokenizer = workshop.load_tokenizer()
    training, _ = workshop.load_questions()
    table = train_embedder(
        build_question_paragraphs(training, tokenizer),
        build_paragraphs(load_prose(workshop.data, seed=settings.seed), tokenizer, limit=PROSE_PARAGRAPHS),
        torch.load(workshop.out / "start.pt")["sentences"],
        settings,
    )
    save_embedder(table, tokenizer, workshop.out / "embedder")


STAGES: dict[str, Callable[[Workshop], None]] = {
    "tokenizer": _tokenizer,
    "start": _start,
    "embedder": _embedder,
    "reader": _reader,
}


def main() -> None:
    """Run the stages named, in order."""
    parser = argparse.ArgumentParser(prog="python -m rag.training", description=__doc__)
    parser.add_argument("stages", nargs="+", choices=list(STAGES), metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="folder for models and checkpoints")
    parser.add_argument("--recipe", type=Path, default=Path(__file__).parent / "recipe.toml")
    parser.add_argument("--resume", type=Path, help="folder of a trained reader to go on from")
    parser.add_argument("--threads", type=int, help="processor threads to use")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if given.threads:
        torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(given.data, given.out, tomllib.loads(given.recipe.read_text(encoding="utf-8")), given.resume)
    for stage in given.stages:
        STAGES[stage](workshop)


if __name__ == "__main__":
    main()

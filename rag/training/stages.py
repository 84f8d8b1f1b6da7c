"""The stages of training, from raw data to measured models; each reads the folders of those before it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch
from transformers import PreTrainedTokenizerFast

from rag.errors import ArgumentError
from rag.models.shipped import READER, locate_model
from rag.training.calibration import calibrate_reader
from rag.training.checkpoint import clear_checkpoint, holds_checkpoint, is_finished, mark_finished
from rag.training.corpus import TrainingQuestion, load_pairs, load_prose, load_questions, split_articles
from rag.training.distill import DistillSettings, build_student, train_student
from rag.training.embedder import EmbedderJob, save_embedder, train_embedder
from rag.training.figures import TRAINING, MeasuredModels, measure_models, measure_tokenizers
from rag.training.pairs import EmbedderSettings, build_paragraphs, build_question_paragraphs
from rag.training.question_set import QuestionSet, load_synthetic_questions, mine_questions
from rag.training.reader import build_reader, load_reader, load_tokenizer, save_reader, train_reader
from rag.training.recipe import load_recipe, locate_recipe
from rag.training.span_examples import ReaderSettings
from rag.training.start import StartSettings, build_starting_tables, find_body, load_english_tokenizer
from rag.training.stopping import Stopping
from rag.training.swaps import swap_questions
from rag.training.tensors import load_record, load_tensors, save_tensors
from rag.training.tokenizer import TokenizerSettings, train_tokenizer
from rag.training.translations import Translations, tokenize_pairs

logger = logging.getLogger(__name__)

START = "start"
UNSEEN_ARTICLES = 20
"""One article of prose in so many is held out."""
UNSEEN_QUESTIONS = 260
"""Questions of prose that a reader is calibrated on, about as many as were written by people."""
ENGLISH = "english"
"""Folder of the tokenizer that the English body came with."""
TABLES = ("inputs", "sentences", "words")
Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True)
class PretrainSettings:
    """How the body of the reader is made: starting tables, then training on questions made from prose."""

    start: StartSettings
    reader: ReaderSettings


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where a run reads and writes and how.

    `recipes` take the place of those of their stages. `resume`: go on from checkpoints. `source`: folder of a trained
    reader that the stage `reader` begins with, and `distill` learns from. `limit`: questions of each evaluation.
    """

    data: Path
    out: Path
    device: torch.device
    recipes: Mapping[str, Path] = field(default_factory=dict)
    resume: bool = False
    source: Path | None = None
    limit: int | None = None
    stopping: Stopping = field(default_factory=Stopping)

    def load_settings(self, stage: str, kind: type[Settings]) -> Settings:
        """Load the settings of a stage."""
        return load_recipe(self.recipes.get(stage) or locate_recipe(stage), kind)

    def load_questions(self) -> tuple[list[TrainingQuestion], list[TrainingQuestion]]:
        """Load the training questions and those held out for calibration, of other articles."""
        return split_articles(load_questions(self.data / TRAINING))


def run_stage(stage: str, workshop: Workshop) -> bool:
    """Run one stage.

    Returns:
        Whether it came to its end; if not, it goes on from its checkpoint with `resume`.

    Raises:
        ArgumentError: There is a checkpoint of an unfinished training, and `resume` is not given.
    """
    if stage == "evaluate":
        _evaluate(workshop)
        return True
    folder = workshop.out / stage
    if workshop.resume and is_finished(folder):
        logger.info("%s: finished before", stage)
        return True
    if not workshop.resume:
        if holds_checkpoint(folder):
            raise ArgumentError(
                f"{folder} holds the checkpoint of a training that is not finished; give --resume to go on from it, or "
                "remove the folder to start anew"
            )
        clear_checkpoint(folder)
    finished = STAGES[stage](workshop, folder)
    if finished:
        mark_finished(folder)
        logger.info("%s: finished, written to %s", stage, folder)
    return finished


def _tokenizer(workshop: Workshop, folder: Path) -> bool:
    train_tokenizer(workshop.data, folder, workshop.load_settings("tokenizer", TokenizerSettings))
    logger.info("tokenizer: %s", json.dumps(measure_tokenizers(str(folder), workshop.data)))
    return True


def _pretrain(workshop: Workshop, folder: Path) -> bool:
    settings = workshop.load_settings("pretrain", PretrainSettings)
    tokenizer = load_tokenizer(workshop.out / "tokenizer")
    if not (workshop.resume and load_record(folder / START) is not None):
        pairs = load_pairs(workshop.data, limit=settings.start.pairs, seed=settings.start.seed)
        tables = build_starting_tables(pairs, tokenizer, settings.start)
        load_english_tokenizer(settings.start).save_pretrained(folder / ENGLISH)
        save_tensors(folder / START, {name: getattr(tables, name) for name in TABLES}, {})
    if not holds_checkpoint(folder):
        model = build_reader(find_body(settings.start), load_tensors(folder / START)["inputs"])
        save_reader(model, tokenizer, folder)
    if not settings.reader.synthetic:
        return True
    synthetic, _ = _part_synthetic(workshop, folder, settings.reader)
    return train_reader(synthetic, folder, settings.reader, device=workshop.device, stopping=workshop.stopping)


def _embedder(workshop: Workshop, folder: Path) -> bool:
    settings = workshop.load_settings("embedder", EmbedderSettings)
    tokenizer = load_tokenizer(workshop.out / "tokenizer")
    training, _ = workshop.load_questions()
    # Beside the model, JSON would count for its fingerprint.
    (folder / "questions").mkdir(parents=True, exist_ok=True)
    questions = mine_questions(training, folder / "questions" / "negatives.json")
    made = _load_synthetic(workshop, folder, limit=settings.synthetic, seed=settings.seed)
    tables = load_tensors(workshop.out / "pretrain" / START)
    job = EmbedderJob(
        build_question_paragraphs(questions, tokenizer),
        build_question_paragraphs(made, tokenizer),
        build_paragraphs(load_prose(workshop.data, seed=settings.seed), tokenizer, limit=settings.paragraphs),
        _load_translations(workshop, tables["words"], tokenizer, settings),
        tables["sentences"],
        settings,
        device=workshop.device,
    )
    table = train_embedder(job, folder, workshop.stopping)
    if table is not None:
        save_embedder(table, tokenizer, folder)
    return table is not None


def _reader(workshop: Workshop, folder: Path) -> bool:
    settings = workshop.load_settings("reader", ReaderSettings)
    training, held_out = workshop.load_questions()
    if not holds_checkpoint(folder):
        source = workshop.source or workshop.out / "pretrain"
        if workshop.source is None and not is_finished(source):
            logger.warning("reader: %s is not finished; beginning with what there is", source)
        save_reader(load_reader(source), load_tokenizer(source), folder)
    synthetic, unseen = _part_synthetic(workshop, folder, settings)
    swapped = swap_questions(training, limit=settings.swapped, seed=settings.seed)
    questions = mine_questions(training, folder / "negatives.json").join(synthetic).join(swapped)
    finished = train_reader(questions, folder, settings, device=workshop.device, stopping=workshop.stopping)
    if finished:
        _calibrate(workshop, folder, training, held_out, unseen)
    return finished


def _distill(workshop: Workshop, folder: Path) -> bool:
    settings = workshop.load_settings("distill", DistillSettings)
    training, held_out = workshop.load_questions()
    own = workshop.out / "reader"
    teacher = workshop.source or (own if is_finished(own) else Path(locate_model(READER)))
    logger.info("distill: learning from %s", teacher)
    if not holds_checkpoint(folder):
        build_student(teacher, training, folder, settings)
    synthetic, unseen = _part_synthetic(workshop, folder, settings.reader)
    questions = mine_questions(training, folder / "negatives.json").join(synthetic)
    finished = train_student(teacher, questions, folder, settings, device=workshop.device, stopping=workshop.stopping)
    if finished:
        _calibrate(workshop, folder, training, held_out, unseen)
    return finished


def _calibrate(
    workshop: Workshop,
    folder: Path,
    training: Sequence[TrainingQuestion],
    held_out: Sequence[TrainingQuestion],
    synthetic: QuestionSet,
) -> None:
    """Calibrate a reader on questions no training saw: of people, and of prose."""
    unseen = QuestionSet(held_out[::4], [()] * len(held_out[::4])).join(synthetic)
    calibrate_reader(folder, unseen.questions, training[::10], device=str(workshop.device))


def _load_translations(
    workshop: Workshop, words: torch.Tensor, tokenizer: PreTrainedTokenizerFast, settings: EmbedderSettings
) -> Translations:
    if not settings.translated:
        return Translations([], [], words)
    english = load_tokenizer(workshop.out / "pretrain" / ENGLISH)
    pairs = load_pairs(workshop.data, limit=settings.translations, seed=settings.seed)
    return Translations(*tokenize_pairs(pairs, tokenizer, english), words)


def _part_synthetic(workshop: Workshop, folder: Path, settings: ReaderSettings) -> tuple[QuestionSet, QuestionSet]:
    """Load the questions of prose to train on, and some of other articles to calibrate on."""
    synthetic = _load_synthetic(workshop, folder, limit=settings.synthetic, seed=settings.seed)
    trained, unseen = synthetic.hold_out(every=UNSEEN_ARTICLES)
    logger.info("%s: %d questions of prose", folder.name, len(trained.questions))
    return trained, unseen.thin(UNSEEN_QUESTIONS)


def _load_synthetic(workshop: Workshop, folder: Path, *, limit: int, seed: int) -> QuestionSet:
    """Load questions made from prose, those of before where a training goes on."""
    cache = folder / "synthetic.json.xz"
    if not holds_checkpoint(folder):
        cache.unlink(missing_ok=True)
    return load_synthetic_questions(workshop.data, limit=limit, seed=seed, cache=cache)


def _evaluate(workshop: Workshop) -> None:
    models = MeasuredModels.find(workshop.out)
    figures = measure_models(models, workshop.data, device=str(workshop.device), limit=workshop.limit)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=2) + "\n")


STAGES: dict[str, Callable[[Workshop, Path], bool]] = {
    "tokenizer": _tokenizer,
    "pretrain": _pretrain,
    "embedder": _embedder,
    "reader": _reader,
    "distill": _distill,
}
NAMES = (*STAGES, "evaluate")

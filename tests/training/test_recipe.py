"""Recipes: every shipped one loads, and what is wrong with another one is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.training.distill import DistillSettings
from rag.training.pairs import EmbedderSettings
from rag.training.recipe import load_recipe, locate_recipe
from rag.training.schedule import Progress, Schedule
from rag.training.span_examples import ReaderSettings
from rag.training.stages import STAGES, PretrainSettings
from rag.training.tokenizer import TokenizerSettings

KINDS = {
    "tokenizer": TokenizerSettings,
    "pretrain": PretrainSettings,
    "embedder": EmbedderSettings,
    "reader": ReaderSettings,
    "distill": DistillSettings,
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_recipe_of_a_stage_loads(stage: str) -> None:
    assert isinstance(load_recipe(locate_recipe(stage), KINDS[stage]), KINDS[stage])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("length = 256", r"expected a table \[schedule\]"),
        ("[schedule]\nsteps = 3\ntokens = 4", "expected exactly one"),
        ("[schedule]\nsteps = -3", "expected exactly one"),
        ("[schedule]\nsteps = 3\nhours = 4", "unknown hours"),
        ("length = 2.5\n[schedule]\nsteps = 3", "length: expected int, found 2.5"),
        ("schedule = 3", "schedule: expected a table"),
        ("length =", "expected TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "reader.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_recipe(path, ReaderSettings)


@pytest.mark.parametrize("schedule", [Schedule(steps=200), Schedule(tokens=4000), Schedule(minutes=2.0)])
def test_lengths_are_shares(schedule: Schedule) -> None:
    assert schedule.measure_share(Progress(steps=100, tokens=2000, seconds=60.0)) == pytest.approx(0.5)


def test_rates_rise_and_fall() -> None:
    schedule = Schedule(steps=1, warmup=0.1)
    factors = [schedule.scale_rate(share) for share in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert factors == pytest.approx([0.01, 0.507, 0.9855, 0.51, 0.01], abs=1e-3)


def test_lists_are_read_as_such(tmp_path: Path) -> None:
    path = tmp_path / "distill.toml"
    path.write_text("removed_layers = [2, 5]\n[reader.schedule]\nsteps = 3", encoding="utf-8")
    assert load_recipe(path, DistillSettings).removed_layers == (2, 5)
    for text, message in (("3", "expected a list of int, found 3"), ("[1, 2.5]", r"layers\[1\]: expected int")):
        path.write_text(f"removed_layers = {text}\n[reader.schedule]\nsteps = 3", encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            load_recipe(path, DistillSettings)

"""All stages from raw data to measured models, on data of a few kilobytes; and stopping and going on in between."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.errors import ArgumentError
from rag.models.shipped import EMBEDDER as EMBEDDER_MODEL
from rag.models.shipped import READER as READER_MODEL
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from rag.training import loop, reader
from rag.training.__main__ import DONE, INPUT_ERROR, STOPPED, main
from rag.training.checkpoint import holds_checkpoint
from rag.training.embedder import embed
from rag.training.figures import MeasuredModels
from rag.training.loop import HISTORY
from rag.training.reader import load_reader, load_tokenizer, save_reader
from rag.training.stages import STAGES, Workshop, run_stage
from rag.training.stopping import Stopping
from rag.training.tensors import load_tensors
from tests.training.tiny_data import describe, write_body, write_data

FILE_LIMIT = 16 * 2**20
STEPS = 80
SCHEDULE = "steps = {steps}\nreport_seconds = 0\ncheckpoint_minutes = 60\n"
READER = "length = 96\nlong_length = 128\nbatch_tokens = 1024\nbody_rate = 2e-3\nembedding_rate = 4e-3\n"
PAIRS = "synthetic = 20\nmade = 0.25\nnegatives = 0.5\ndropped = 0.1\nhidden = 0.5\nhalvings = 1\ntranslated = 4\n"
RECIPES = {
    "tokenizer": "vocabulary = 300",
    "pretrain": f'[start]\nbody = "{{body}}"\n[reader]\nsynthetic = 40\n{READER}[reader.schedule]\n{SCHEDULE}',
    "embedder": f"paragraphs = 200\nbatch = 32\n{PAIRS}[schedule]\n{SCHEDULE}",
    "reader": f"synthetic = 20\n{READER}[schedule]\n{SCHEDULE}",
    "distill": "removed_layers = [2]\nheads = 0.5\nquery_size = 8\ngold = 0.0\n"
    f"[reader]\nsynthetic = 20\n{READER}[reader.schedule]\n{SCHEDULE}",
}


class Place:
    """A folder with data, body and recipes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = write_data(folder / "data")
        self.body = write_body(folder / "body")

    def write_recipes(self, steps: int) -> dict[str, Path]:
        paths = {stage: self.folder / f"{stage}-{steps}.toml" for stage in RECIPES}
        for stage, path in paths.items():
            text = RECIPES[stage].replace("{body}", self.body.as_posix()).replace("{steps}", str(steps))
            path.write_text(text, encoding="utf-8")
        return paths

    def build_workshop(self, out: Path, *, steps: int, **options: Any) -> Workshop:
        recipes = self.write_recipes(steps)
        return Workshop(self.data, out, torch.device("cpu"), recipes=recipes, **options)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def trained(place: Place) -> Path:
    """The folder of a run of all stages."""
    out = place.folder / "out"
    recipes = [f"--recipe={stage}={path}" for stage, path in place.write_recipes(STEPS).items()]
    assert main([*STAGES, "--data", str(place.data), "--out", str(out), "--device", "cpu", *recipes]) == 0
    return out


def read_losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / HISTORY).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("stage", "fall"),
    [("pretrain", 0.3), ("embedder", 0.3), ("reader", 0.3), ("distill", 0.02)],  # a student begins near its teacher
)
def test_the_loss_falls(trained: Path, stage: str, fall: float) -> None:
    losses = read_losses(trained / stage)
    assert len(losses) == STEPS
    assert losses[-1] < losses[9] - fall  # one batch alone says little: each line is a mean over the steps before


def test_no_file_is_too_large(trained: Path) -> None:
    assert max(file.stat().st_size for file in trained.rglob("*") if file.is_file()) <= FILE_LIMIT


def test_a_reader_reads_the_same_from_disk(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FILE_BYTES", 20_000)
    model, tokenizer = load_reader(trained / "reader").eval(), load_tokenizer(trained / "reader")
    torch.manual_seed(1)
    for parameter in model.parameters():
        parameter.data += 1e-3 * torch.randn_like(parameter)
    rows = tokenizer(["どこで生まれましたか"], [describe(4)["text"]], return_tensors="pt")
    save_reader(model, tokenizer, tmp_path / "once")
    once = load_reader(tmp_path / "once").eval()
    save_reader(once, load_tokenizer(tmp_path / "once"), tmp_path / "twice")
    twice = load_reader(tmp_path / "twice").eval()
    with torch.inference_mode():
        logits = [each(**rows).start_logits for each in (model, once, twice)]
    torch.testing.assert_close(logits[1], logits[0], rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(logits[2], logits[1], rtol=0, atol=0)
    assert len(list((tmp_path / "once").glob("model-*.safetensors"))) > 1


def test_a_student_is_smaller_and_reads_as_it_was_cut(trained: Path) -> None:
    weights = read_weights(trained / "distill")
    assert weights["bert.encoder.layer.0.attention.self.query.weight"].shape == (8, 32)  # one head of two, d_k 8 of 16
    assert weights["bert.encoder.layer.0.attention.self.value.weight"].shape == (16, 32)
    assert not [name for name in weights if name.startswith("bert.encoder.layer.1.")]
    student = SpanReader.load(str(trained / "distill"), device="cpu")
    passage = Passage("d", 0, len(describe(4)["text"]), describe(4)["text"], 1.0)
    found = student.read("どこで生まれましたか", [passage])
    assert found.spans[0].text in passage.text
    same = SpanReader(
        load_reader(trained / "distill"), load_tokenizer(trained / "distill"), name="", calibration=student.calibration
    )
    assert same.fingerprint == student.fingerprint


def test_an_embedder_embeds_the_same_from_disk(trained: Path) -> None:
    tokenizer = load_tokenizer(trained / "tokenizer")
    texts = [describe(number)["text"] for number in range(3)]
    table = load_file(trained / "embedder" / "model.safetensors")["embedding.weight"].float()
    ids = tokenizer(texts, add_special_tokens=False)["input_ids"]
    found = SentenceTransformerEncoder(str(trained / "embedder"), device="cpu").encode_documents(texts)
    np.testing.assert_allclose(found, embed(table, ids).numpy(), atol=2e-3)


@pytest.mark.parametrize("stage", ["pretrain", "embedder", "reader", "distill"])
def test_a_stopped_training_goes_on_as_if_nothing_had_been(
    place: Place, trained: Path, tmp_path: Path, stage: str
) -> None:
    copy_stages(trained, tmp_path / "whole", before=stage)
    assert run_stage(stage, place.build_workshop(tmp_path / "whole", steps=8))
    out = tmp_path / "stopped"
    copy_stages(trained, out, before=stage)
    assert not run_stage(stage, place.build_workshop(out, steps=8, stopping=Stopping(steps=3)))
    assert holds_checkpoint(out / stage)
    with pytest.raises(ArgumentError, match="give --resume"):
        run_stage(stage, place.build_workshop(out, steps=8))
    assert not run_stage(stage, place.build_workshop(out, steps=8, resume=True, stopping=Stopping(steps=2)))
    assert run_stage(stage, place.build_workshop(out, steps=8, resume=True))
    assert read_losses(out / stage) == pytest.approx(read_losses(tmp_path / "whole" / stage), abs=0)
    expected, found = read_weights(tmp_path / "whole" / stage), read_weights(out / stage)
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_a_killed_training_goes_on_from_its_last_checkpoint(
    place: Place, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_stages(trained, tmp_path, before="embedder")
    first = place.build_workshop(tmp_path, steps=8, stopping=Stopping(steps=3))
    assert not run_stage("embedder", first)
    before = load_tensors(tmp_path / "embedder" / "checkpoint")

    class Killed(BaseException):
        pass

    def die(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", die)
        with pytest.raises(Killed):
            run_stage("embedder", place.build_workshop(tmp_path, steps=8, resume=True))
    after = load_tensors(tmp_path / "embedder" / "checkpoint")
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert run_stage("embedder", place.build_workshop(tmp_path, steps=8, resume=True))
    whole = tmp_path / "whole"
    copy_stages(trained, whole, before="embedder")
    assert run_stage("embedder", place.build_workshop(whole, steps=8))
    expected, found = read_weights(whole / "embedder"), read_weights(tmp_path / "embedder")
    assert all(torch.equal(tensor, found[name]) for name, tensor in expected.items())


def test_a_signal_stops_after_the_step_in_hand() -> None:
    with Stopping() as stopping:
        assert stopping.find_reason() is None
        signal.raise_signal(signal.SIGINT)
        assert stopping.find_reason() == "interrupted"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_minutes_end_a_call_and_resume_passes_over_what_is_done(place: Place, trained: Path, tmp_path: Path) -> None:
    copy_stages(trained, tmp_path, before="embedder")
    recipe = place.write_recipes(8)["embedder"]
    given = ["tokenizer", "embedder", "--data", str(place.data), "--out", str(tmp_path), f"--recipe=embedder={recipe}"]
    written = (tmp_path / "tokenizer" / "tokenizer.json").stat().st_mtime_ns
    assert main([*given, "--device=cpu", "--resume", "--minutes=0"]) == STOPPED
    assert main([*given, "--device=cpu"]) == INPUT_ERROR  # the tokenizer is made again; the embedder needs --resume
    assert (tmp_path / "tokenizer" / "tokenizer.json").stat().st_mtime_ns > written
    assert main([*given, "--device=cpu", "--resume"]) == DONE


def test_figures_say_what_was_measured(place: Place, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", f"--data={place.data}", f"--out={trained}", "--device=cpu", "--limit=3"]) == DONE
    figures = json.loads(capsys.readouterr().out)
    assert figures["tokenizer"]["model"] == str(trained / "tokenizer")
    assert figures["reading"]["model"] == str(trained / "reader")
    assert figures["retrieval"]["model"] == str(trained / "embedder")
    assert figures["tokenizer"]["jaquad"]["answers"] == 4
    assert figures["reading"]["jsquad"]["n"] == 3
    assert figures["retrieval"]["jaquad"]["passages"] == 30
    assert figures["answers"]["longdoc"]["n"] == 2


def test_shipped_models_stand_in_for_what_a_run_has_not_made(tmp_path: Path) -> None:
    models = MeasuredModels.find(tmp_path)
    assert (models.tokenizer, models.embedder, models.reader) == (READER_MODEL, EMBEDDER_MODEL, READER_MODEL)


def copy_stages(trained: Path, out: Path, *, before: str) -> None:
    """Copy what the stages before one have written."""
    for stage in list(STAGES)[: list(STAGES).index(before)]:
        copytree(trained / stage, out / stage)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_data_that_is_not_there_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = ["reader", "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"), "--device=cpu"]
    assert main(given) == INPUT_ERROR
    assert "nowhere/jaquad/train.json.xz" in caplog.text
    assert "expected the training data in the folder given as --data" in caplog.text

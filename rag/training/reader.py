"""Training of the span reader: an English body under a Japanese vocabulary."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import torch
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from rag.errors import ModelError
from rag.reading.precision import choose_precision
from rag.reading.slim_attention import choose_class
from rag.training.loop import train
from rag.training.question_set import QuestionSet
from rag.training.span_examples import Example, ExampleSource, Place, ReaderSettings, collate
from rag.training.span_loss import measure_loss
from rag.training.stopping import Stopping
from rag.training.tensors import FILE_BYTES


def build_reader(body: Path, embeddings: torch.Tensor) -> BertForQuestionAnswering:
    """Put a new embedding table, and a third segment for tokens of the question, under an English body."""
    model = BertForQuestionAnswering.from_pretrained(str(body), attn_implementation="sdpa")
    model.resize_token_embeddings(len(embeddings), mean_resizing=False)
    table = model.bert.embeddings
    table.word_embeddings.weight.data.copy_(embeddings)
    segments = table.token_type_embeddings.weight.data
    table.token_type_embeddings = torch.nn.Embedding.from_pretrained(
        torch.cat([segments[:1], segments[:1], segments[:1] + 0.02 * torch.randn_like(segments[:1])]), freeze=False
    )
    model.config.update(
        {
            "type_vocab_size": 3,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "marks_question_tokens": True,
            "pad_token_id": 0,
        }
    )
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


class ReaderJob:
    """Trains a reader on windows."""

    clip: float | None = 1.0

    def __init__(
        self,
        model: BertForQuestionAnswering,
        source: ExampleSource,
        settings: ReaderSettings,
        *,
        device: torch.device,
    ) -> None:
        """Move the model to the device."""
        # The model's own `to` is decorated and loses its type.
        self.module: torch.nn.Module = torch.nn.Module.to(model, device)
        self.source = source
        self.settings = settings
        self.device = device
        table = model.bert.embeddings.word_embeddings.weight
        body = [p for p in model.parameters() if p is not table]
        self.optimizer: torch.optim.Optimizer = torch.optim.AdamW(
            [
                {"params": body, "lr": settings.body_rate, "weight_decay": 0.01},
                {"params": [table], "lr": settings.embedding_rate, "weight_decay": 0.0},
            ],
            betas=(0.9, 0.98),
            fused=True,
        )
        self._place = Place()
        self._batches = source.walk(self._place)

    @property
    def place(self) -> list[int]:
        """Place of the next batch, and the size it is cut by."""
        return [*astuple(self._place), self.source.batch_tokens]

    def move(self, place: Sequence[int]) -> None:
        """Go on at that place, with batches of that size: the same ones on every device."""
        self._place = Place(*place[:3])
        self.source.batch_tokens = place[3]
        self._batches = self.source.walk(self._place)

    def measure(self) -> tuple[torch.Tensor, int]:
        """Return the loss of the next batch, and its tokens."""
        self._place, batch = next(self._batches)
        return self.measure_batch(batch)

    def measure_batch(self, batch: Sequence[Example]) -> tuple[torch.Tensor, int]:
        """Return the loss of a batch, and its tokens."""
        rows = {name: tensor.to(self.device) for name, tensor in collate(batch).items()}
        with choose_precision(self.device):
            output = self.module(**rows)
        loss = measure_loss((output.start_logits, output.end_logits), batch, shared=self.settings.shared)
        return loss, rows["input_ids"].numel()


def train_reader(
    questions: QuestionSet,
    out: Path,
    settings: ReaderSettings,
    *,
    device: torch.device,
    stopping: Stopping,
) -> bool:
    """Train the reader that stands in `out`, from the checkpoint there if there is one, and save it again.

    Returns:
        Whether the training came to its end.

    Raises:
        ModelError: The checkpoint is damaged, or the loss is no number any more.
    """
    torch.manual_seed(settings.seed)
    model, tokenizer = load_reader(out), load_tokenizer(out)
    source = open_source(questions, tokenizer, settings, device=device)
    finished = train(ReaderJob(model, source, settings, device=device), settings.schedule, out, stopping)
    save_reader(model, tokenizer, out)
    return finished


def open_source(
    questions: QuestionSet, tokenizer: PreTrainedTokenizerFast, settings: ReaderSettings, *, device: torch.device
) -> ExampleSource:
    """Open the examples of a training, in batches of the size the device takes."""
    size = settings.gpu_batch_tokens if device.type == "cuda" else settings.batch_tokens
    return ExampleSource(questions.questions, questions.negatives, tokenizer, settings, batch_tokens=size)


def load_reader(folder: Path) -> BertForQuestionAnswering:
    """Load a reader to be trained on.

    Raises:
        ModelError: There is none.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: expected a reader there, found none; run the stage that makes it first")
    config = BertConfig.from_pretrained(str(folder))
    kind = choose_class(BertForQuestionAnswering, config, place=str(folder))
    return kind.from_pretrained(str(folder), dtype=torch.float32, attn_implementation="sdpa")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Load a tokenizer made by an earlier stage.

    Raises:
        ModelError: There is none.
    """
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(f"{folder}: expected a tokenizer there, found none; run the stage tokenizer first")
    return cast(PreTrainedTokenizerFast, AutoTokenizer.from_pretrained(folder))


def save_reader(model: BertForQuestionAnswering, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write model and tokenizer in Hugging Face format, weights in half precision, no file above 16 MiB.

    Each file is written whole before it takes its place.
    """
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.half().cpu() for name, tensor in model.state_dict().items()}
    with TemporaryDirectory(dir=out.parent) as place:
        new = Path(place)
        model.save_pretrained(place, state_dict=weights, max_shard_size=FILE_BYTES)
        config = json.loads((new / "config.json").read_text(encoding="utf-8"))
        (new / "config.json").write_text(json.dumps(config | {"dtype": "float16"}, indent=2) + "\n", encoding="utf-8")
        tokenizer.save_pretrained(place)
        for stale in out.glob("model*.safetensors*"):
            if not (new / stale.name).exists():
                stale.unlink()
        for file in new.iterdir():
            file.replace(out / file.name)

"""A smaller reader trained on what a larger one thinks of every token, not only on the answers.

Source: Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, softmax
from transformers import BertForQuestionAnswering

from rag.errors import ConfigError
from rag.evaluation.variants.lesson import build_lesson
from rag.evaluation.variants.narrowing import narrow_queries
from rag.evaluation.variants.pruning import choose_heads, measure_importance, remove_heads, remove_layers
from rag.reading.precision import choose_precision
from rag.reading.span_reader import SpanReader
from rag.training.corpus import TrainingQuestion
from rag.training.loop import train
from rag.training.question_set import QuestionSet
from rag.training.reader import ReaderJob, load_reader, load_tokenizer, open_source, save_reader
from rag.training.span_examples import Example, ExampleSource, ReaderSettings, collate
from rag.training.span_loss import find_inside, measure_loss
from rag.training.stopping import Stopping

logger = logging.getLogger(__name__)

LESSONS = 200
"""Questions that say what heads are worth and which states they meet."""


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """What the student is and how it is trained.

    It begins as the teacher without the layers `removed_layers` (from 1), without the share `heads` of the heads, and
    with queries of `query_size`; 0 leaves heads and queries as they are. `gold` is the weight of the true answers
    beside the teacher's distributions, which are read at `temperature`.
    """

    reader: ReaderSettings
    removed_layers: tuple[int, ...] = ()
    heads: float = 0.0
    query_size: int = 0
    temperature: float = 2.0
    gold: float = 0.5

    def __post_init__(self) -> None:
        """Check that there is something to learn from."""
        if self.temperature <= 0 or self.gold < 0:
            raise ConfigError(
                f"temperature is {self.temperature} and gold {self.gold}; expected above 0, and 0 or more"
            )


def build_student(teacher: Path, questions: Sequence[TrainingQuestion], out: Path, settings: DistillSettings) -> None:
    """Cut a teacher down to the student and save that.

    Raises:
        ModelError: There is no teacher, or it cannot be cut down.
        ArgumentError: It has no such layers, heads or d_k.
    """
    model = load_reader(teacher).eval()
    reader = SpanReader(model, load_tokenizer(teacher), name=str(teacher))
    chosen = questions[:: max(1, len(questions) // LESSONS)][:LESSONS]
    built = (build_lesson(reader, q.question, q.context, q.start, q.start + len(q.answer)) for q in chosen)
    lessons = [each for each in built if each is not None]
    if settings.removed_layers:
        remove_layers(model, [number - 1 for number in settings.removed_layers])
    if settings.heads:
        removed = choose_heads(measure_importance(model, lessons), share=settings.heads)
        for layer, heads in removed.items():
            logger.info("distill: layer %d without heads %s", layer + 1, [head + 1 for head in heads])
        remove_heads(model, removed)
    if settings.query_size:
        narrow_queries(model, settings.query_size, lessons=lessons)
    save_reader(model, load_tokenizer(teacher), out)


class DistillJob(ReaderJob):
    """Trains a student on windows its teacher reads too."""

    def __init__(
        self,
        model: BertForQuestionAnswering,
        teacher: BertForQuestionAnswering,
        source: ExampleSource,
        settings: DistillSettings,
        *,
        device: torch.device,
    ) -> None:
        """Move both models to the device."""
        super().__init__(model, source, settings.reader, device=device)
        self.teacher: torch.nn.Module = torch.nn.Module.to(teacher, device).eval()
        self.distill = settings

    def measure_batch(self, batch: Sequence[Example]) -> tuple[Tensor, int]:
        """Return the loss of a batch, and its tokens."""
        rows = {name: tensor.to(self.device) for name, tensor in collate(batch).items()}
        with choose_precision(self.device):
            output = self.module(**rows)
            with torch.no_grad():
                taught = self.teacher(**rows)
        logits = (output.start_logits, output.end_logits)
        loss = measure_divergence(
            logits, (taught.start_logits, taught.end_logits), batch, temperature=self.distill.temperature
        )
        if self.distill.gold:
            loss = loss + self.distill.gold * measure_loss(logits, batch, shared=self.settings.shared)
        return loss, rows["input_ids"].numel()


def measure_divergence(
    logits: tuple[Tensor, Tensor], taught: tuple[Tensor, Tensor], batch: Sequence[Example], *, temperature: float
) -> Tensor:
    """Average KL(teacher ‖ student) of start and end over the tokens of the passage and "no answer".

    Times the square of the temperature, so that its gradients do not shrink with it.

    Args:
        logits: Of start and end. Shape of both: (batch, length).
        taught: The teacher's. Shape of both: (batch, length).
        batch: The rows.
        temperature: What logits are divided by.
    """
    inside, null = find_inside(batch, logits[0])
    hidden = ~(inside | null)
    loss = torch.zeros((), device=logits[0].device)
    for own, others in zip(logits, taught, strict=True):
        student, teacher = (each.float().masked_fill(hidden, -1e4) / temperature for each in (own, others))
        loss = loss + kl_div(log_softmax(student, dim=1), softmax(teacher, dim=1), reduction="batchmean")
    return temperature**2 * loss / 2


def train_student(
    teacher: Path,
    questions: QuestionSet,
    out: Path,
    settings: DistillSettings,
    *,
    device: torch.device,
    stopping: Stopping,
) -> bool:
    """Train the student that stands in `out`, from the checkpoint there if there is one, and save it again.

    Returns:
        Whether the training came to its end.

    Raises:
        ModelError: The checkpoint is damaged, or the loss is no number any more.
    """
    torch.manual_seed(settings.reader.seed)
    model, tokenizer = load_reader(out), load_tokenizer(out)
    source = open_source(questions, tokenizer, settings.reader, device=device)
    job = DistillJob(model, load_reader(teacher), source, settings, device=device)
    finished = train(job, settings.reader.schedule, out, stopping)
    save_reader(model, tokenizer, out)
    return finished

"""Training of the static embedder: one vector a piece, learned by contrast on question-paragraph pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch.nn.functional import cross_entropy, embedding_bag, normalize
from transformers import PreTrainedTokenizerFast

from rag.training.loop import train
from rag.training.pairs import EmbedderSettings, PairBatch, PairSource, Paragraph
from rag.training.stopping import Stopping
from rag.training.translations import Translations


def pool(table: torch.Tensor, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Mean of the token vectors. Shape: (rows, dimension)."""
    flat = torch.tensor([token for row in rows for token in row], dtype=torch.long, device=table.device)
    starts = torch.tensor([0, *[len(row) for row in rows[:-1]]], device=table.device).cumsum(0)
    return embedding_bag(flat, table, starts, mode="mean")


def embed(table: torch.Tensor, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Mean of the token vectors, normalised. Shape: (rows, dimension)."""
    return normalize(pool(table, rows), dim=1)


def measure_contrast(
    queries: torch.Tensor, documents: torch.Tensor, names: Sequence[object], *, scale: float, halvings: int
) -> torch.Tensor:
    """Measure how well queries find their documents, and these their queries.

    The whole vectors count, and their first halves half as much, and so on. Documents of equal names are one: a query
    does not have to tell its own document from another copy.

    Args:
        queries: Shape: (queries, dimension).
        documents: First those of the queries, in their order. Shape: (documents, dimension).
        names: Of the documents.
        scale: By which cosines are multiplied.
        halvings: How often the vectors are halved.

    Source: Kusupati et al. 2022, Matryoshka Representation Learning.
    """
    count, dimension = queries.shape
    numbers: dict[object, int] = {}
    ids = torch.tensor([numbers.setdefault(name, len(numbers)) for name in names], device=queries.device)
    same = ids[:count, None] == ids[None]
    copies = same & ~torch.eye(count, len(names), dtype=torch.bool, device=queries.device)
    target = torch.arange(count, device=queries.device)
    loss, weights = torch.zeros((), device=queries.device), 0.0
    for halving in range(halvings + 1):
        size, weight = dimension // 2**halving, 0.5**halving
        scores = scale * normalize(queries[:, :size], dim=1) @ normalize(documents[:, :size], dim=1).T
        scores = scores.masked_fill(copies, -1e4)
        loss = loss + weight * 0.5 * (cross_entropy(scores, target) + cross_entropy(scores[:, :count].T, target))
        weights += weight
    return loss / weights


class EmbedderJob:
    """Trains a table by contrast within each batch, in both directions."""

    clip: float | None = None

    def __init__(
        self,
        questions: Sequence[Paragraph],
        made: Sequence[Paragraph],
        prose: Sequence[Paragraph],
        translations: Translations,
        table: torch.Tensor,
        settings: EmbedderSettings,
        *,
        device: torch.device,
    ) -> None:
        """Take paragraphs with questions, with questions made from them and without any, and starting vectors.

        Shape of `table`: (vocabulary, dimension).
        """
        tables = {"table": table, **({"english": translations.table} if settings.translated else {})}
        self.module: torch.nn.Module = torch.nn.ParameterDict(
            {name: torch.nn.Parameter(values.clone().to(device)) for name, values in tables.items()}
        )
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
            self.module.parameters(), lr=settings.rate, betas=(0.9, 0.99), fused=True
        )
        self.settings = settings
        self.translations = translations
        asked, guessed = int(settings.batch * settings.questions), int(settings.batch * settings.made)
        self.sources = [
            (PairSource("questions", questions, settings), asked),
            (PairSource("made", made, settings), guessed),
            (PairSource("prose", prose, settings), settings.batch - asked - guessed),
        ]
        self._step = 0

    @property
    def table(self) -> torch.Tensor:
        """The vectors. Shape: (vocabulary, dimension)."""
        return self.module.get_parameter("table")

    @property
    def place(self) -> list[int]:
        """Number of the next batch."""
        return [self._step]

    def move(self, place: Sequence[int]) -> None:
        """Go on with the batch of that number."""
        (self._step,) = place

    def draw(self) -> PairBatch:
        """Draw the next batch from all sources: pairs first, then documents that answer none of its queries."""
        batch, others = PairBatch(), PairBatch()
        for source, count in self.sources:
            pairs, more = source.draw(count, seed=f"{self.settings.seed}/{self._step}/{source.name}")
            batch.extend(pairs)
            others.extend(more)
        batch.extend(others)
        return batch

    def measure(self) -> tuple[torch.Tensor, int]:
        """Return the loss of the next batch, and its tokens."""
        settings, batch = self.settings, self.draw()
        queries, documents = pool(self.table, batch.queries), pool(self.table, batch.documents)
        loss = measure_contrast(queries, documents, batch.names, scale=settings.scale, halvings=settings.halvings)
        if settings.translated:
            loss = loss + settings.translation_weight * self._measure_translations()
        self._step += 1
        return loss, batch.count_tokens()

    def _measure_translations(self) -> torch.Tensor:
        seed = f"{self.settings.seed}/{self._step}/translations"
        japanese, english = self.translations.draw(self.settings.translated, seed=seed)
        ours, theirs = pool(self.table, japanese), pool(self.module.get_parameter("english"), english)
        return measure_contrast(ours, theirs, range(len(theirs)), scale=self.settings.scale, halvings=0)


def train_embedder(job: EmbedderJob, out: Path, stopping: Stopping) -> torch.Tensor | None:
    """Train from the checkpoint in `out` if there is one.

    Returns:
        The trained table, None when the training was stopped before its end. Shape: (vocabulary, dimension).
    """
    return job.table.detach().cpu() if train(job, job.settings.schedule, out, stopping) else None


def save_embedder(table: torch.Tensor, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the table as a sentence-transformers model, in half precision."""
    module = StaticEmbedding(tokenizer.backend_tokenizer, embedding_weights=table.half().float().numpy())
    SentenceTransformer(modules=[module], device="cpu").half().save_pretrained(str(out))

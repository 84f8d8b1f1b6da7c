"""Training of the static embedder: one vector a piece, learned by contrast on question-paragraph pairs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch.nn.functional import cross_entropy, embedding_bag, normalize
from transformers import PreTrainedTokenizerFast

from rag.text.sentences import split_sentences
from rag.training.corpus import Article, TrainingQuestion
from rag.training.loop import train
from rag.training.schedule import Schedule
from rag.training.stopping import Stopping

PARAGRAPH = (120, 500)
QUERY_TOKENS = 48


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """How the embedder is trained.

    `paragraphs` of prose are read. `questions` is the share of a batch taken from real questions.
    """

    schedule: Schedule
    paragraphs: int = 150_000
    batch: int = 1024
    questions: float = 0.4
    rate: float = 4e-3
    scale: float = 20.0
    kept_sentence: float = 0.15
    dropped_tokens: float = 0.2
    siblings: float = 0.5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as token ids of its sentences; `heading` may be asked for it too."""

    article: int
    heading: list[int]
    sentences: list[list[int]]
    questions: list[list[int]]


def build_paragraphs(articles: Iterable[Article], tokenizer: PreTrainedTokenizerFast, *, limit: int) -> list[Paragraph]:
    """Cut prose into paragraphs of usable length, each with the heading it stands under."""
    texts: list[tuple[int, str, list[str]]] = []
    for number, article in enumerate(articles):
        heading = article.title
        for block in article.text.split("\n"):
            if block.startswith("#"):
                heading = f"{article.title} {block.lstrip('# ')}"
            elif PARAGRAPH[0] <= len(block) <= PARAGRAPH[1]:
                sentences = [block[a:b] for a, b in split_sentences(block)]
                if len(sentences) >= 3:
                    texts.append((number, heading, sentences))
    random.Random(0).shuffle(texts)
    texts = texts[:limit]
    headings = tokenizer([t[1] for t in texts], add_special_tokens=False)["input_ids"]
    flat = tokenizer([s for t in texts for s in t[2]], add_special_tokens=False)["input_ids"]
    paragraphs: list[Paragraph] = []
    at = 0
    for (number, _, sentences), heading_ids in zip(texts, headings, strict=True):
        paragraphs.append(Paragraph(number, heading_ids, flat[at : at + len(sentences)], []))
        at += len(sentences)
    return paragraphs


def build_question_paragraphs(
    questions: Sequence[TrainingQuestion], tokenizer: PreTrainedTokenizerFast
) -> list[Paragraph]:
    """Group questions by their paragraph."""
    articles: dict[str, int] = {}
    grouped: dict[int, list[TrainingQuestion]] = {}
    for question in questions:
        articles.setdefault(question.title, len(articles))
        grouped.setdefault(question.paragraph, []).append(question)
    paragraphs: list[Paragraph] = []
    for group in grouped.values():
        context = tokenizer([group[0].context], add_special_tokens=False, verbose=False)["input_ids"]
        asked = tokenizer([question.question for question in group], add_special_tokens=False)["input_ids"]
        paragraphs.append(Paragraph(articles[group[0].title], [], context, asked))
    return paragraphs


class PairSource:
    """Draws (query, paragraph) batches; part of each batch comes from few articles, so that negatives are hard."""

    def __init__(self, paragraphs: Sequence[Paragraph], settings: EmbedderSettings) -> None:
        """Index paragraphs by article."""
        self.paragraphs = paragraphs
        self.settings = settings
        self.chooser = random.Random()
        articles: dict[int, list[int]] = {}
        for index, paragraph in enumerate(paragraphs):
            articles.setdefault(paragraph.article, []).append(index)
        self.articles = list(articles.values())

    def draw(self, count: int, *, seed: str) -> list[tuple[list[int], list[int]]]:
        """Return `count` (query, document) pairs, every document at most once; equal seeds draw equal pairs."""
        self.chooser.seed(seed)
        count = min(count, len(self.paragraphs))
        chosen: dict[int, None] = {}
        while len(chosen) < count * self.settings.siblings:
            group = self.chooser.choice(self.articles)
            chosen.update(dict.fromkeys(self.chooser.sample(group, min(len(group), 12))))
        while len(chosen) < count:
            chosen[self.chooser.randrange(len(self.paragraphs))] = None
        return [self._pair(self.paragraphs[index]) for index in list(chosen)[:count]]

    def _pair(self, paragraph: Paragraph) -> tuple[list[int], list[int]]:
        body = [token for sentence in paragraph.sentences for token in sentence]
        if paragraph.questions:
            return self.chooser.choice(paragraph.questions), body
        if paragraph.heading and self.chooser.random() < 0.2:
            return paragraph.heading, body
        index = self.chooser.randrange(len(paragraph.sentences))
        query = [t for t in paragraph.sentences[index] if self.chooser.random() > self.settings.dropped_tokens]
        if self.chooser.random() > self.settings.kept_sentence:
            body = [t for i, sentence in enumerate(paragraph.sentences) if i != index for t in sentence]
        return query[:QUERY_TOKENS] or body[:4], body


def embed(table: torch.Tensor, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Mean of the token vectors, normalised. Shape: (rows, dimension)."""
    flat = torch.tensor([token for row in rows for token in row], dtype=torch.long, device=table.device)
    starts = torch.tensor([0, *[len(row) for row in rows[:-1]]], device=table.device).cumsum(0)
    return normalize(embedding_bag(flat, table, starts, mode="mean"), dim=1)


class EmbedderJob:
    """Trains a table by contrast within each batch, in both directions."""

    clip: float | None = None

    def __init__(
        self,
        questions: Sequence[Paragraph],
        prose: Sequence[Paragraph],
        table: torch.Tensor,
        settings: EmbedderSettings,
        *,
        device: torch.device,
    ) -> None:
        """Take paragraphs with and without questions, and starting vectors. Shape: (vocabulary, dimension)."""
        self.module: torch.nn.Module = torch.nn.ParameterDict({"table": torch.nn.Parameter(table.clone().to(device))})
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
            self.module.parameters(), lr=settings.rate, betas=(0.9, 0.99), fused=True
        )
        self.settings = settings
        self.asked = PairSource(questions, settings)
        self.written = PairSource(prose, settings)
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

    def measure(self) -> tuple[torch.Tensor, int]:
        """Return the loss of the next batch, and its tokens."""
        share = int(self.settings.batch * self.settings.questions)
        seed = f"{self.settings.seed}/{self._step}"
        self._step += 1
        pairs = self.asked.draw(share, seed=f"{seed}/asked")
        pairs += self.written.draw(self.settings.batch - share, seed=f"{seed}/written")
        queries, documents = [query for query, _ in pairs], [document for _, document in pairs]
        scores = self.settings.scale * embed(self.table, queries) @ embed(self.table, documents).T
        target = torch.arange(len(pairs), device=scores.device)
        loss = 0.5 * (cross_entropy(scores, target) + cross_entropy(scores.T, target))
        return loss, sum(len(query) + len(document) for query, document in pairs)


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

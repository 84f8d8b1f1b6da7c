"""Training of the static embedder: one vector a piece, learned by contrast on question-paragraph pairs."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import StaticEmbedding
from torch.nn.functional import cross_entropy, embedding_bag, normalize
from transformers import PreTrainedTokenizerFast

from rag.text.sentences import split_sentences
from rag.training.corpus import Article, TrainingQuestion

logger = logging.getLogger(__name__)

PARAGRAPH = (120, 500)
QUERY_TOKENS = 48


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """How the embedder is trained; `questions` is the share of a batch taken from real questions."""

    steps: int = 6000
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

    def __init__(self, paragraphs: Sequence[Paragraph], settings: EmbedderSettings, *, seed: int) -> None:
        """Index paragraphs by article."""
        self.paragraphs = paragraphs
        self.settings = settings
        self.chooser = random.Random(seed)
        articles: dict[int, list[int]] = {}
        for index, paragraph in enumerate(paragraphs):
            articles.setdefault(paragraph.article, []).append(index)
        self.articles = list(articles.values())

    def draw(self, count: int) -> list[tuple[list[int], list[int]]]:
        """Return `count` (query, document) pairs, every document at most once."""
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
    flat = torch.tensor([token for row in rows for token in row], dtype=torch.long)
    starts = torch.tensor([0, *[len(row) for row in rows[:-1]]]).cumsum(0)
    return normalize(embedding_bag(flat, table, starts, mode="mean"), dim=1)


def train_embedder(
    questions: Sequence[Paragraph], prose: Sequence[Paragraph], table: torch.Tensor, settings: EmbedderSettings
) -> torch.Tensor:
    """Train the table by contrast within each batch, in both directions.

    Args:
        questions: Paragraphs with real questions.
        prose: Paragraphs without; a sentence or the heading stands in for the question.
        table: Starting vectors. Shape: (vocabulary, dimension).
        settings: Steps, batch and rates.

    Returns:
        The trained table. Shape: (vocabulary, dimension).
    """
    torch.manual_seed(settings.seed)
    table = torch.nn.Parameter(table.clone())
    optimizer = torch.optim.Adam([table], lr=settings.rate, betas=(0.9, 0.99))
    asked = PairSource(questions, settings, seed=settings.seed)
    written = PairSource(prose, settings, seed=settings.seed + 1)
    share = int(settings.batch * settings.questions)
    begun, average = time.monotonic(), 0.0
    for step in range(settings.steps):
        done = step / settings.steps
        optimizer.param_groups[0]["lr"] = (
            settings.rate * min(done / 0.05 + 0.01, 1.0) * 0.5 * (1 + math.cos(math.pi * done))
        )
        pairs = asked.draw(share) + written.draw(settings.batch - share)
        scores = settings.scale * embed(table, [q for q, _ in pairs]) @ embed(table, [d for _, d in pairs]).T
        target = torch.arange(len(pairs))
        loss = 0.5 * (cross_entropy(scores, target) + cross_entropy(scores.T, target))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        average = float(loss.detach()) if step == 0 else 0.98 * average + 0.02 * float(loss.detach())
        if step % 100 == 99:
            rate = (step + 1) * settings.batch / (time.monotonic() - begun)
            logger.info("step %d of %d, loss %.3f, %.0f pairs/s", step + 1, settings.steps, average, rate)
    return table.detach()


def save_embedder(table: torch.Tensor, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the table as a sentence-transformers model, in half precision."""
    module = StaticEmbedding(tokenizer.backend_tokenizer, embedding_weights=table.half().float().numpy())
    SentenceTransformer(modules=[module], device="cpu").half().save_pretrained(str(out))

"""Pairs of a query and the paragraph it belongs to, from questions and from prose."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerFast

from rag.text.sentences import split_sentences
from rag.training.corpus import Article
from rag.training.question_set import QuestionSet
from rag.training.schedule import Schedule

PARAGRAPH = (120, 500)
QUERY_TOKENS = 48
LEFT = 4
"""Fewest tokens of a paragraph that others are taken out of."""
TEXTS = 4096
"""Texts tokenised together."""


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """How the embedder is trained.

    `paragraphs` of prose and `translations` are read, and `synthetic` questions made from prose. Of a batch,
    `questions` is the share of questions written by people, `made` that of those made from prose. A share `siblings`
    of a batch comes from few articles; a share `negatives` of the questions brings a paragraph that looks right and is
    wrong.

    No more than `length` tokens of a paragraph are seen, and a share `dropped` of all tokens is left out. From a share
    `hidden` of the paragraphs about half of the words of their query are taken, so that the other words have to be
    learned. For sentences of prose, the share of words left out is `dropped_tokens`; `kept_sentence` is that of the
    paragraphs the sentence stays in. Beside these pairs each batch has `translated` sentences, to be known by their
    English translation, whose loss has `translation_weight`. Besides the whole vectors their first halves are trained,
    and the halves of these, `halvings` times.
    """

    schedule: Schedule
    paragraphs: int = 150_000
    synthetic: int = 0
    batch: int = 1024
    questions: float = 0.4
    made: float = 0.0
    siblings: float = 0.5
    negatives: float = 0.0
    length: int = 160
    dropped: float = 0.0
    hidden: float = 0.0
    kept_sentence: float = 0.15
    dropped_tokens: float = 0.2
    translations: int = 400_000
    translated: int = 0
    translation_weight: float = 0.5
    halvings: int = 0
    rate: float = 4e-3
    scale: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as token ids; `negatives` are the places of paragraphs that look right and are wrong."""

    tokens: list[int]
    negatives: list[int]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as token ids of its sentences; `heading` may be asked for it too."""

    article: int
    heading: list[int]
    sentences: list[list[int]]
    questions: list[Asked]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Queries, and documents of which the first ones are theirs, in the same order.

    `names` are of the documents; documents of one name are one paragraph, or parts of it.
    """

    queries: list[list[int]] = field(default_factory=list)
    documents: list[list[int]] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)

    def extend(self, other: PairBatch) -> None:
        """Add the queries and documents of another batch."""
        self.queries.extend(other.queries)
        self.documents.extend(other.documents)
        self.names.extend(other.names)

    def count_tokens(self) -> int:
        """Count the tokens of all texts."""
        return sum(map(len, self.queries)) + sum(map(len, self.documents))


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
    headings = _tokenize([t[1] for t in texts], tokenizer)
    flat = _tokenize([s for t in texts for s in t[2]], tokenizer)
    paragraphs: list[Paragraph] = []
    at = 0
    for (number, _, sentences), heading_ids in zip(texts, headings, strict=True):
        paragraphs.append(Paragraph(number, heading_ids, flat[at : at + len(sentences)], []))
        at += len(sentences)
    return paragraphs


def build_question_paragraphs(asked: QuestionSet, tokenizer: PreTrainedTokenizerFast) -> list[Paragraph]:
    """Group questions by their paragraph."""
    articles: dict[str, int] = {}
    places: dict[int, int] = {}
    first = {question.paragraph: question for question in asked.questions}
    contexts = _tokenize([question.context for question in first.values()], tokenizer)
    paragraphs: list[Paragraph] = []
    for question, context in zip(first.values(), contexts, strict=True):
        article = articles.setdefault(question.title, len(articles))
        places[question.paragraph] = len(paragraphs)
        paragraphs.append(Paragraph(article, [], [context], []))
    texts = _tokenize([question.question for question in asked.questions], tokenizer)
    for question, tokens, numbers in zip(asked.questions, texts, asked.negatives, strict=True):
        negatives = [places[number] for number in numbers if number in places]
        paragraphs[places[question.paragraph]].questions.append(Asked(tokens, negatives))
    return paragraphs


def _tokenize(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> list[list[int]]:
    ids: list[list[int]] = []
    for at in range(0, len(texts), TEXTS):
        ids += tokenizer(list(texts[at : at + TEXTS]), add_special_tokens=False, verbose=False)["input_ids"]
    return ids


class PairSource:
    """Draws (query, paragraph) pairs; part of each draw comes from few articles, so that negatives are hard."""

    def __init__(self, name: str, paragraphs: Sequence[Paragraph], settings: EmbedderSettings) -> None:
        """Index paragraphs by article."""
        self.name = name
        self.paragraphs = paragraphs
        self.settings = settings
        self.chooser = random.Random()
        articles: dict[int, list[int]] = {}
        for index, paragraph in enumerate(paragraphs):
            articles.setdefault(paragraph.article, []).append(index)
        self.articles = list(articles.values())

    def draw(self, count: int, *, seed: str) -> tuple[PairBatch, PairBatch]:
        """Draw `count` pairs, every paragraph at most once; equal seeds draw equal pairs.

        Returns:
            The pairs, and more documents, without queries, that answer none of these.
        """
        self.chooser.seed(seed)
        count = min(count, len(self.paragraphs))
        chosen: dict[int, None] = {}
        while len(chosen) < count * self.settings.siblings:
            group = self.chooser.choice(self.articles)
            chosen.update(dict.fromkeys(self.chooser.sample(group, min(len(group), 12))))
        while len(chosen) < count:
            chosen[self.chooser.randrange(len(self.paragraphs))] = None
        pairs, others = PairBatch(), PairBatch()
        for index in list(chosen)[:count]:
            query, document, negative = self._build(self.paragraphs[index])
            pairs.queries.append(query)
            pairs.documents.append(self._hide(query, self._thin(document)))
            pairs.names.append((self.name, index))
            if negative is not None:
                body = [token for sentence in self.paragraphs[negative].sentences for token in sentence]
                others.documents.append(self._thin(body))
                others.names.append((self.name, negative))
        return pairs, others

    def _build(self, paragraph: Paragraph) -> tuple[list[int], list[int], int | None]:
        """Return query, document, and the place of a paragraph that looks right and is wrong."""
        body = [token for sentence in paragraph.sentences for token in sentence]
        if paragraph.questions:
            asked = self.chooser.choice(paragraph.questions)
            hard = asked.negatives and self.chooser.random() < self.settings.negatives
            query = self._drop(asked.tokens, self.settings.dropped)[:QUERY_TOKENS]
            return query, body, self.chooser.choice(asked.negatives) if hard else None
        if paragraph.heading and self.chooser.random() < 0.2:
            return paragraph.heading, body, None
        index = self.chooser.randrange(len(paragraph.sentences))
        query = [t for t in paragraph.sentences[index] if self.chooser.random() > self.settings.dropped_tokens]
        if self.chooser.random() > self.settings.kept_sentence:
            body = [t for i, sentence in enumerate(paragraph.sentences) if i != index for t in sentence]
        return query[:QUERY_TOKENS] or body[:LEFT], body, None

    def _thin(self, document: list[int]) -> list[int]:
        """Cut a stretch out of a document and leave some tokens out."""
        begin = self.chooser.randint(0, max(0, len(document) - self.settings.length))
        return self._drop(document[begin : begin + self.settings.length], self.settings.dropped)

    def _drop(self, tokens: list[int], share: float) -> list[int]:
        kept = [token for token in tokens if self.chooser.random() >= share] if share else tokens
        return kept or tokens

    def _hide(self, query: list[int], document: list[int]) -> list[int]:
        """Take half of the words of the query out of a document."""
        if not self.settings.hidden or self.chooser.random() >= self.settings.hidden:
            return document
        hidden = {token for token in sorted(set(query)) if self.chooser.random() < 0.5}
        kept = [token for token in document if token not in hidden]
        return kept if len(kept) > LEFT else document

"""Recall of windows with and without the title and the headings above them.

Run: python tests/benchmarks/context_recall.py [--squad train.json.xz --articles 40 --questions 150] [--rerank]
Measures the samples, or the first articles of a SQuAD file, the paragraphs of each joined to one document.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from rag.chunks.context import Context
from rag.config.settings import Settings
from rag.documents.document import Document, build_document_id
from rag.evaluation.datasets import load_samples
from rag.library.library import Library
from rag.retrieval.search import Mode

DEPTHS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the places of its answers."""

    text: str
    document: str
    spans: tuple[tuple[int, int], ...]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--squad", type=Path)
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--rerank", action="store_true", help="only the default search, with the reader")
    given = parser.parse_args()
    documents, asked = read_samples() if given.squad is None else load_articles(given.squad, given.articles)
    asked = asked[:: max(1, len(asked) // given.questions)]
    print(f"{len(documents)} documents, {len(asked)} questions; recall at {DEPTHS}")
    for context in get_args(Context):
        measure(context, documents, asked, rerank=given.rerank)


def read_samples() -> tuple[list[Document], list[Asked]]:
    samples = load_samples()
    asked = [
        Asked(each.text, each.document_id, tuple((answer.start, answer.end) for answer in each.answers))
        for each in samples.questions
        if each.answers
    ]
    return list(samples.documents.values()), asked


def load_articles(path: Path, count: int) -> tuple[list[Document], list[Asked]]:
    content = json.loads(lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes())
    documents: list[Document] = []
    asked: list[Asked] = []
    for article in content["data"][:count]:
        texts = list(dict.fromkeys(paragraph["context"] for paragraph in article["paragraphs"]))
        starts = {text: sum(len(before) + 2 for before in texts[:place]) for place, text in enumerate(texts)}
        text = "\n\n".join(texts)
        document = Document(build_document_id(article["title"], text), article["title"], text, article["title"])
        documents.append(document)
        for paragraph in article["paragraphs"]:
            shift = starts[paragraph["context"]]
            for question in paragraph["qas"]:
                spans = tuple(
                    (shift + answer["answer_start"], shift + answer["answer_start"] + len(answer["text"]))
                    for answer in question["answers"]
                )
                asked.append(Asked(question["question"], document.id, spans))
    return documents, asked


def measure(context: Context, documents: Sequence[Document], asked: Sequence[Asked], *, rerank: bool) -> None:
    settings = replace(Settings(), context=context, reranked=10 if rerank else 0)
    modes = ("hybrid",) if rerank else get_args(Mode)
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library", settings=settings) as library:
        library.add_documents(documents)
        for mode in modes:
            ranks = [find_rank(library, each, mode) for each in asked]
            shares = [sum(rank is not None and rank <= depth for rank in ranks) / len(ranks) for depth in DEPTHS]
            print(f"{context:14s}{mode:8s}", *(f"{share:.3f}" for share in shares), flush=True)


def find_rank(library: Library, asked: Asked, mode: Mode) -> int | None:
    hits = library.search(asked.text, k=DEPTHS[-1], mode=mode)
    return next(
        (
            rank
            for rank, hit in enumerate(hits, 1)
            if hit.document_id == asked.document
            and any(hit.start <= start and end <= hit.end for start, end in asked.spans)
        ),
        None,
    )


if __name__ == "__main__":
    main()

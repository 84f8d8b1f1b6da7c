"""Paragraphs of one article joined again, so that there is a long document to search in."""

from __future__ import annotations

from dataclasses import replace

from rag.documents.document import Document, build_document_id
from rag.evaluation.datasets.dataset import Dataset, Question

BREAK = "\n\n"


def join_articles(dataset: Dataset) -> Dataset:
    """Join the documents of one title, in their order, into one with a blank line between them."""
    parts: dict[str, list[Document]] = {}
    for document in dataset.documents.values():
        parts.setdefault(document.title, []).append(document)
    documents: dict[str, Document] = {}
    places: dict[str, tuple[str, int]] = {}
    for title, paragraphs in parts.items():
        text = BREAK.join(paragraph.text for paragraph in paragraphs)
        source = f"article:{title}"
        article = Document(build_document_id(source, text), title, text, source)
        documents[article.id] = article
        start = 0
        for paragraph in paragraphs:
            places[paragraph.id] = article.id, start
            start += len(paragraph.text) + len(BREAK)
    return Dataset(documents, tuple(_move(question, *places[question.document_id]) for question in dataset.questions))


def _move(question: Question, document_id: str, shift: int) -> Question:
    answers = tuple(replace(answer, start=answer.start + shift) for answer in question.answers)
    return replace(question, document_id=document_id, answers=answers)

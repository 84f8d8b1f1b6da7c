"""The sample documents and their questions, as a dataset."""

from __future__ import annotations

from rag.documents.loading import load_document
from rag.evaluation.datasets.dataset import Dataset, GoldAnswer, Question
from rag.samples import load_sample_paths, load_sample_questions


def load_samples() -> Dataset:
    """Load the sample documents and the questions on them that come with the package."""
    documents = {path.name: load_document(path) for path in load_sample_paths()}
    questions = tuple(
        Question(
            id=sample.id,
            document_id=documents[sample.document].id,
            text=sample.question,
            answers=tuple(GoldAnswer(answer.text, answer.start) for answer in sample.answers),
            kind=sample.kind,
            paraphrase=sample.paraphrase,
        )
        for sample in load_sample_questions()
    )
    return Dataset({document.id: document for document in documents.values()}, questions)

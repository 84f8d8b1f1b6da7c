"""What a library hands to the people and programs that use it."""

from __future__ import annotations

from dataclasses import dataclass

from rag.explanation.explanation import Explanation
from rag.index.stored_document import DocumentEntry as DocumentEntry
from rag.index.stored_document import Statistics as Statistics
from rag.reading.answer import Generated, Span
from rag.retrieval.hit import Hit, Passage


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation and the answer it got ("" when there was none)."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class CitedProvision:
    """A provision of a document; `text == document.text[start:end]`.

    `label` is its name from the article on, behind the title where another document refers to it.
    """

    document_id: str
    label: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A reference in a document and what it means; `targets` is empty where that is not in the library."""

    text: str
    start: int
    end: int
    targets: tuple[CitedProvision, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """The place an answer stands in; `text == document.text[start:end]`.

    `references` are those of the sentence it stands in.
    """

    document_id: str
    title: str
    start: int
    end: int
    page: str | None
    heading: tuple[str, ...]
    text: str
    references: tuple[ResolvedReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock time of each stage, in seconds; `explain` is 0 until an explanation was asked for."""

    retrieve: float
    read: float
    explain: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Library.ask` returns.

    `text` and `citation` are None when the passages hold no answer; `spans` still lists the candidates, best
    first. `search_question` is the question as it was searched, with what the history adds.
    `passage_scores` belongs to `passages`, one by one. Where a model wrote the answer, `generated` holds its words with
    their citations, `text` the same without them, and `citation` is the
    sentence that supports it best, of those it cites if it cites any.
    """

    question: str
    search_question: str
    text: str | None
    confidence: float
    no_answer: bool
    answerability: float
    citation: Citation | None
    spans: tuple[Span, ...]
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    passage_scores: tuple[float, ...]
    seconds: Seconds
    explanation: Explanation | None = None
    generated: Generated | None = None

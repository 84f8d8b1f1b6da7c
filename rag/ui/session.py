"""One person's conversation with the page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.library.records import Answer, CitedProvision, ResolvedReference, Turn

if TYPE_CHECKING:
    from rag.conversation.search_question import Conversation
    from rag.documents.document import Document
    from rag.library.library import Library
    from rag.reading.answer import Span
    from rag.retrieval.hit import Passage

HISTORY = 6
"""Earlier turns handed to the library with a question."""

PAUSE = 0.1
"""Seconds at least between two drafts of an answer: a page is not drawn for every token."""

KEPT = 50
"""Exchanges kept for a person; older ones leave the page, for each holds its attention."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands, in words a person knows.

    `article` is the one around its best answer, `references` those in its text.
    """

    title: str
    heading: tuple[str, ...]
    page: str | None
    article: CitedProvision | None = None
    references: tuple[ResolvedReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it; `answer` is None while it is being looked for, or when `error` says why not.

    `draft` is what a model has written so far of an answer that is not there yet.
    `places` belongs to `answer.passages`, one by one, and outlives the removal of a document.
    """

    question: str
    answer: Answer | None = None
    places: tuple[Place, ...] = ()
    error: str | None = None
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """All exchanges, oldest first; `shown` is the one whose evidence is on the page."""

    exchanges: tuple[Exchange, ...] = ()
    shown: int = -1

    @property
    def current(self) -> Exchange | None:
        """The exchange whose evidence is shown."""
        return self.exchanges[self.shown] if 0 <= self.shown < len(self.exchanges) else None

    @property
    def history(self) -> list[Turn]:
        """The latest turns that came to an end, oldest first."""
        turns = [Turn(done.question, done.answer.text or "") for done in self.exchanges if done.answer is not None]
        return turns[-HISTORY:]

    def begin(self, question: str) -> Session:
        """Return the session with a new exchange at its end."""
        exchanges = (*self.exchanges, Exchange(question))[-KEPT:]
        return Session(exchanges, shown=len(exchanges) - 1)

    def finish(self, exchange: Exchange) -> Session:
        """Return the session with its last exchange replaced."""
        return replace(self, exchanges=(*self.exchanges[:-1], exchange))

    def put(self, exchange: Exchange) -> Session:
        """Return the session with the exchange shown replaced."""
        exchanges = [*self.exchanges]
        exchanges[self.shown] = exchange
        return replace(self, exchanges=tuple(exchanges))

    def show(self, index: int) -> Session:
        """Return the session showing another exchange; an index outside changes nothing."""
        return replace(self, shown=index) if 0 <= index < len(self.exchanges) else self


def ask(
    library: Library,
    session: Session,
    question: str,
    documents: Sequence[str],
    *,
    where: str = "",
    conversation: Conversation | None = None,
) -> Iterator[Session]:
    """Ask a question within a session, step by step: pending, drafts where a model writes, answered, explained.

    Args:
        library: Where to ask.
        session: What was said so far.
        question: In everyday words.
        documents: Ids to search; all documents when empty.
        where: Filter that the documents must satisfy besides; see `rag.index.filters`.
        conversation: How the question takes up what was said; as the library is set when None.

    Raises:
        RagError: The library could not answer.
    """
    history = session.history
    session = session.begin(question)
    yield session
    steps = library.stream(
        question, history=history, documents=list(documents) or None, where=where, conversation=conversation
    )
    draft, shown = "", -PAUSE
    while isinstance(step := next(steps), str):
        draft += step
        if time.monotonic() - shown >= PAUSE:
            shown = time.monotonic()
            yield session.finish(Exchange(question, draft=draft))
    answer = step
    exchange = Exchange(question, answer, _find_places(library, answer))
    yield session.finish(exchange)
    if answer.spans:
        yield session.finish(replace(exchange, answer=library.explain(answer)))


def _find_places(library: Library, answer: Answer) -> tuple[Place, ...]:
    documents = {name: library.document(name) for name in {passage.document_id for passage in answer.passages}}
    return tuple(
        _find_place(library, documents[passage.document_id], passage, answer.spans) for passage in answer.passages
    )


def _find_place(library: Library, document: Document, passage: Passage, spans: Sequence[Span]) -> Place:
    """Name the place of the best answer in a passage, or of its beginning: a passage may run over a heading."""
    inside = (
        span.start
        for span in spans
        if span.document_id == passage.document_id and passage.start <= span.start < passage.end
    )
    offset = next(inside, passage.start)
    return Place(
        document.title,
        document.heading_at(offset),
        document.page_at(offset),
        library.article(document.id, offset),
        tuple(library.references(document.id, passage.start, passage.end)),
    )

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from rag.documents.anchor import Anchor
from rag.documents.document import Document
from rag.library.records import Answer, CitedProvision, ResolvedReference, Turn
from rag.ui import session as sessions
from rag.ui.session import HISTORY, KEPT, Exchange, Session
from tests.ui.evidence import FIRST, QUESTION, START, build_answer, build_explanation


@dataclass
class FakeLibrary:
    """Knows one answer and remembers how it was asked."""

    answer: Answer
    asked: list[tuple[str, list[Turn], list[str] | None]] = field(default_factory=list)
    where: str | None = None
    conversation: str | None = None
    pieces: tuple[str, ...] = ()

    def stream(
        self, question: str, *, history: list[Turn], documents: list[str] | None, where: str, conversation: str | None
    ) -> Iterator[str | Answer]:
        self.where, self.conversation = where, conversation
        self.asked.append((question, history, documents))
        yield from self.pieces
        yield self.answer

    def explain(self, answer: Answer) -> Answer:
        return replace(answer, explanation=build_explanation())

    def article(self, document_id: str, offset: int) -> CitedProvision | None:
        return CitedProvision("a", "第1条", 0, offset, "甲") if document_id == "a" else None

    def references(self, document_id: str, start: int, end: int) -> list[ResolvedReference]:
        return [ResolvedReference("次条", start, end, ())]

    def document(self, document_id: str) -> Document:
        heading = Anchor("heading", START + FIRST.index("庭"), START + len(FIRST), "庭の条", 1)
        anchors = (Anchor("page", 0, START + 4, "1"), Anchor("page", START + 4, 99, "2"), heading)
        return Document(document_id, f"題{document_id}", "", "", anchors if document_id == "a" else ())


def test_asking_goes_by_steps() -> None:
    library = FakeLibrary(build_answer(explained=False))
    before = Session((Exchange("前", build_answer(found=False)),), shown=0)
    pending, answered, explained = sessions.ask(
        library, before, QUESTION, ["a"], where="部署=総務", conversation="none"
    )
    assert (library.where, library.conversation) == ("部署=総務", "none")
    assert library.asked == [(QUESTION, [Turn("前", "")], ["a"])]
    assert pending.exchanges[1] == Exchange(QUESTION)
    assert [step.shown for step in (pending, answered, explained)] == [1, 1, 1]
    assert answered.current is not None
    assert answered.current.answer is library.answer
    # The best answer is on page 1, the passage ends on page 2.
    first, second = answered.current.places
    assert (first.title, first.page, second.title, second.page) == ("題a", "1", "題b", None)
    assert first.article == CitedProvision("a", "第1条", 0, START + FIRST.index("午後二時"), "甲")
    assert second.article is None
    assert first.references == (ResolvedReference("次条", START, START + len(FIRST), ()),)
    assert explained.current is not None
    assert explained.current.answer is not None
    assert explained.current.answer.explanation is not None
    assert explained.exchanges[0] is before.exchanges[0]


def test_all_documents_are_searched_when_none_is_chosen_and_nothing_is_explained_without_candidates() -> None:
    library = FakeLibrary(replace(build_answer(found=False, explained=False), spans=()))
    steps = list(sessions.ask(library, Session(), QUESTION, []))
    assert library.asked[0][2] is None
    assert len(steps) == 2


def test_an_answer_is_seen_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "PAUSE", 0.0)
    library = FakeLibrary(build_answer(explained=False), pieces=("午後", "二時"))
    steps = list(sessions.ask(library, Session(), QUESTION, []))
    drafts = [step.exchanges[-1].draft for step in steps]
    assert drafts == ["", "午後", "午後二時", "", ""]
    assert [step.exchanges[-1].answer is None for step in steps] == [True, True, True, False, False]


def test_a_page_is_not_drawn_for_every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "PAUSE", 3600.0)
    library = FakeLibrary(build_answer(explained=False), pieces=("午", "後", "二", "時"))
    drafts = [step.exchanges[-1].draft for step in sessions.ask(library, Session(), QUESTION, [])]
    assert drafts == ["", "午", "", ""]


def test_history_holds_the_latest_finished_turns() -> None:
    done = [Exchange(str(number), build_answer()) for number in range(HISTORY + 2)]
    session = Session((*done, Exchange("誤", error="x"), Exchange("今")))
    assert session.history == [Turn(str(number), "午後二時") for number in range(2, HISTORY + 2)]


def test_oldest_exchanges_are_forgotten() -> None:
    session = Session()
    for number in range(KEPT + 3):
        session = session.begin(str(number))
    assert [exchange.question for exchange in session.exchanges] == [str(number) for number in range(3, KEPT + 3)]
    assert session.current == Exchange(str(KEPT + 2))


def test_finishing_replaces_the_last_exchange() -> None:
    session = Session().begin("甲").begin("乙").finish(Exchange("乙", error="誤"))
    assert session.exchanges == (Exchange("甲"), Exchange("乙", error="誤"))


@pytest.mark.parametrize(("index", "shown"), [(0, 0), (1, 1), (2, 1), (-1, 1)])
def test_only_an_exchange_that_is_there_is_shown(index: int, shown: int) -> None:
    assert Session().begin("甲").begin("乙").show(index).shown == shown


def test_an_empty_session_shows_nothing() -> None:
    assert Session().current is None
    assert Session().history == []


def test_two_people_do_not_hear_each_other() -> None:
    library = FakeLibrary(build_answer(explained=False))
    sakura, minoru = Session(), Session()
    for turn in range(2):
        # Both ask at the same time: the steps of one question come between those of the other.
        hers, his = (
            sessions.ask(library, each, f"{name}{turn}", []) for each, name in ((sakura, "桜"), (minoru, "稔"))
        )
        for sakura, minoru in zip(hers, his, strict=True):  # noqa: B007
            pass
    assert [exchange.question for exchange in sakura.exchanges] == ["桜0", "桜1"]
    assert [exchange.question for exchange in minoru.exchanges] == ["稔0", "稔1"]
    assert {question: history for question, history, _ in library.asked} == {
        "桜0": [], "稔0": [], "桜1": [Turn("桜0", "午後二時")], "稔1": [Turn("稔0", "午後二時")],
    }  # fmt: skip

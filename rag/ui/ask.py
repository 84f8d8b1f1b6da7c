"""The tab where one asks: the conversation on one side, the evidence on the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import gradio as gr

from rag.conversation.search_question import Conversation
from rag.errors import RagError
from rag.explanation.explanation import METHODS
from rag.library.models import is_writing
from rag.library.samples import DEMO_QUESTIONS
from rag.samples import load_sample_paths
from rag.ui import session as sessions
from rag.ui.failures import describe_failure
from rag.ui.gaze import MEAN, Rows, Unit, View, build_shades
from rag.ui.original import render_button, render_original
from rag.ui.rendering import render_answer, render_conversation, render_examples, render_passages, render_removal
from rag.ui.session import Session
from rag.ui.words import ASSETS, Words, words_of

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.explanation.explanation import TokenAttention
    from rag.library.library import Library
    from rag.reading.answer import Generated

Updates = dict[Any, Any]
"""New value of each component that changes."""


class AskTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them."""

    def __init__(self, library: Library, labels: gr.I18n) -> None:
        """Lay out the components and connect them."""
        self.library = library
        self.session = gr.State(Session())
        self.view = gr.State(View())
        with gr.Row(elem_classes="ask"):
            with gr.Column(scale=5, min_width=320, elem_classes="talk"):
                self._build_conversation(labels)
            with gr.Column(scale=7, min_width=320, elem_classes="evidence"):
                self._build_evidence(labels)
        self._connect()

    def refresh(self, session: Session, view: View, chosen: Sequence[str], request: gr.Request) -> Updates:
        """Show the session and the documents there are now, in the browser's language."""
        return self.refresh_documents(session, chosen, request) | self._show(session, view, words_of(request))

    def refresh_documents(self, session: Session, chosen: Sequence[str], request: gr.Request) -> Updates:
        """Show the documents there are now as choices; of those chosen before, removed ones go."""
        entries = self.library.documents()
        known = [entry.id for entry in entries]
        samples = {str(path.resolve()) for path in load_sample_paths()}
        fresh = not session.exchanges and samples <= {entry.source for entry in entries}
        return {
            self.filter: gr.Dropdown(
                choices=[(entry.title, entry.id) for entry in entries],
                value=[document_id for document_id in chosen or () if document_id in known],
            ),
            self.examples: render_examples(
                DEMO_QUESTIONS if fresh else (), words_of(request), has_documents=bool(entries)
            ),
        }

    @property
    def refreshed(self) -> list[Any]:
        """Components that `refresh` changes."""
        return [self.filter, self.examples, *self._shown]

    def _build_conversation(self, labels: gr.I18n) -> None:
        self.conversation = gr.HTML(
            apply_default_css=False, js_on_load=_script("conversation.js"), elem_classes="conversation"
        )
        self.question = gr.Textbox(
            label=labels("question"),
            placeholder=labels("question_placeholder"),
            info=labels("question_hint"),
            lines=1,
            max_lines=8,
            autofocus=True,
            elem_id="question",
        )
        with gr.Row(elem_classes="actions"):
            self.send = gr.Button(labels("send"), variant="primary", scale=2, min_width=120, elem_id="send")
            self.clear = gr.Button(labels("clear"), variant="secondary", scale=1, min_width=100, elem_id="clear")
        self.examples = gr.HTML(apply_default_css=False, js_on_load=_script("examples.js"), elem_classes="suggestions")
        self.filter = gr.Dropdown(
            label=labels("filter"), info=labels("filter_hint"), choices=[], multiselect=True, elem_id="filter"
        )
        self.where = gr.Textbox(label=labels("where"), info=labels("where_hint"), max_lines=1, elem_id="where")
        self.taking_up = gr.Dropdown(
            [(labels(f"taking_up_{way}"), way) for way in _list_ways(self.library.settings)],
            value=self.library.settings.conversation,
            label=labels("taking_up"),
            info=labels("taking_up_hint"),
            filterable=False,
            elem_id="taking-up",
        )

    def _build_evidence(self, labels: gr.I18n) -> None:
        mean = [(labels("mean"), MEAN)]
        units = [(labels(f"unit_{unit}"), unit) for unit in ("sentence", "word", "token")]
        rows = [(labels(f"rows_{name}"), name) for name in ("answer", "question")]
        self.answer = gr.HTML(apply_default_css=False, js_on_load=None)
        self.original = gr.HTML(apply_default_css=False, js_on_load=_script("original.js"), elem_id="original")
        self.removal = gr.HTML(apply_default_css=False, js_on_load=None)
        with gr.Row(visible=False, elem_classes="view") as self.choices:
            self.unit = gr.Radio(units, value="sentence", label=labels("unit"), min_width=200, elem_id="unit")
            self.rows = gr.Radio(rows, value="answer", label=labels("rows"), min_width=200, elem_id="rows")
            self.layer = gr.Dropdown(
                mean, value=MEAN, label=labels("layer"), filterable=False, min_width=110, elem_id="layer"
            )
            self.head = gr.Dropdown(
                mean, value=MEAN, label=labels("head"), filterable=False, min_width=110, elem_id="head"
            )
        with gr.Row(visible=False) as self.method_choice:
            self.method = gr.Dropdown(
                [(labels(f"method_{name}"), name) for name in METHODS],
                value=METHODS[0],
                label=labels("method"),
                filterable=False,
                elem_id="method",
            )
            self.thorough = gr.Checkbox(label=labels("thorough"), info=labels("thorough_hint"), elem_id="thorough")
        with gr.Row(visible=False) as self.token_choice:
            self.token = gr.Dropdown(
                mean, value=MEAN, label=labels("token"), info=labels("token_hint"), filterable=False, elem_id="token"
            )
        self.passages = gr.HTML(apply_default_css=False, js_on_load=_script("passages.js"), elem_id="passages")

    @property
    def _shown(self) -> list[Any]:
        gaze = [self.view, self.choices, self.layer, self.head, self.token_choice, self.token, self.passages]
        gaze += [self.method_choice, self.method]
        return [self.session, self.conversation, self.answer, self.original, self.removal, *gaze]

    def _connect(self) -> None:
        state = [self.session, self.view]
        within = [*state, self.filter, self.where, self.taking_up]
        asked = [self.question, self.examples, *self._shown]
        written = gr.on(
            [self.question.submit, self.send.click],
            self._ask,
            [*within, self.question],
            asked,
            show_progress="hidden",
        )
        example = self.examples.select(self._ask_example, within, asked, show_progress="hidden")
        self.conversation.select(self._choose, state, self._shown, show_progress="hidden")
        self.original.select(self._open_original, [self.session], [self.original], show_progress="minimal")
        self.clear.click(
            self._clear, [self.view, self.filter], self.refreshed, show_progress="hidden", cancels=[written, example]
        )
        explained = [*state, self.method, self.thorough]
        for choice in (self.method, self.thorough):
            choice.input(self._explain, explained, self._shown, show_progress="full")
        choices: list[Any] = [self.unit, self.layer, self.head, self.rows, self.token]
        for choice in choices:
            choice.input(self._shade, [self.session, *choices], [self.view, self.passages], show_progress="hidden")

    def _ask(
        self,
        session: Session,
        view: View,
        documents: Sequence[str],
        where: str,
        way: Conversation,
        question: str,
        request: gr.Request,
    ) -> Iterator[Updates]:
        if not question.strip():
            yield {self.question: question}
            return
        words = words_of(request)
        written = {self.question: "", self.examples: ""}
        step = session.begin(question)
        try:
            steps = sessions.ask(
                self.library, session, question.strip(), documents or (), where=where, conversation=way
            )
            for step in steps:
                yield written | self._show(step, view, words)
                written = {}
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told and the conversation goes on
            failed = replace(step.exchanges[-1], error=describe_failure(error, words))
            yield written | self._show(step.finish(failed), view, words)

    def _ask_example(
        self,
        session: Session,
        view: View,
        documents: Sequence[str],
        where: str,
        way: Conversation,
        chosen: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Updates]:
        yield from self._ask(session, view, documents, where, way, chosen.question, request)

    def _explain(self, session: Session, view: View, method: str, thorough: bool, request: gr.Request) -> Updates:
        """Explain the answer shown by another method, or check it at another length."""
        words = words_of(request)
        exchange = session.current
        if exchange is None or exchange.answer is None:
            return self._show(session, view, words)
        try:
            answer = self.library.explain(exchange.answer, method=method, thorough=thorough)
        except RagError as error:
            raise gr.Error(describe_failure(error, words)) from error
        return self._show(session.put(replace(exchange, answer=answer)), view, words)

    def _choose(self, session: Session, view: View, chosen: gr.EventData, request: gr.Request) -> Updates:
        return self._show(session.show(chosen.turn), view, words_of(request))

    def _open_original(self, session: Session, chosen: gr.EventData, request: gr.Request) -> str:
        answer = None if session.current is None else session.current.answer
        citation = None if answer is None else answer.citation
        if chosen.open and citation is not None:
            return render_original(self.library, citation, words_of(request))
        return render_button(self.library, citation, words_of(request))

    def _clear(self, view: View, documents: Sequence[str], request: gr.Request) -> Updates:
        return self.refresh(Session(), view, documents, request)

    def _shade(
        self, session: Session, unit: Unit, layer: int, head: int, rows: Rows, token: int, request: gr.Request
    ) -> tuple[View, str]:
        view = View(unit, layer, head, rows, token)
        return view, self._render_passages(session, view, words_of(request))

    def _show(self, session: Session, view: View, words: Words) -> Updates:
        exchange = session.current
        answer = exchange.answer if exchange is not None else None
        explanation = answer.explanation if answer is not None else None
        view = replace(view, token=MEAN)  # each answer has tokens of its own
        updates = {
            self.session: session,
            self.view: view,
            self.conversation: render_conversation(session, words),
            self.answer: render_answer(exchange, words),
            self.original: render_button(self.library, None if answer is None else answer.citation, words),
            self.removal: render_removal(exchange, words),
            self.passages: self._render_passages(session, view, words),
            self.choices: gr.Row(visible=explanation is not None),
            self.method_choice: gr.Row(visible=False),
            self.token_choice: gr.Row(visible=explanation is not None and explanation.tokens.written is not None),
        }
        if explanation is not None:
            layers, heads, _ = explanation.tokens.answer.shape
            updates[self.method_choice] = gr.Row(visible=answer is not None and answer.generated is None)
            updates[self.method] = gr.Dropdown(value=explanation.method)
            updates[self.layer] = gr.Dropdown(choices=_count(layers, words))
            updates[self.head] = gr.Dropdown(choices=_count(heads, words))
        if answer is not None and answer.generated is not None and explanation is not None:
            tokens = _list_tokens(explanation.tokens, answer.generated, words)
            updates[self.token] = gr.Dropdown(choices=tokens, value=MEAN)
        return updates

    def _render_passages(self, session: Session, view: View, words: Words) -> str:
        exchange = session.current
        explanation = exchange.answer.explanation if exchange is not None and exchange.answer is not None else None
        return render_passages(exchange, build_shades(explanation, view), view.unit, words)


def _list_ways(settings: Settings) -> list[Conversation]:
    """List how a question may take up the turns before it: by the reader only where that writes, or is set to."""
    ways = get_args(Conversation)
    offered = settings.conversation == "model" or is_writing(settings)
    return [way for way in ways if way != "model" or offered]


def _count(number: int, words: Words) -> list[tuple[str, int]]:
    return [(words["mean"], MEAN), *((str(choice), choice) for choice in range(1, number + 1))]


def _list_tokens(attention: TokenAttention, generated: Generated, words: Words) -> list[tuple[str, int]]:
    places = [] if attention.written is None else attention.written.tolist()
    tokens = [(f"{number}　{generated.text[start:end]}", number) for number, (start, end) in enumerate(places, 1)]
    return [(words["mean"], MEAN), *tokens]


def _script(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")

"""The tab where tokenizers are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from rag.errors import ArgumentError
from rag.evaluation.datasets import Dataset
from rag.evaluation.tokenization import compare_tokenizers, measure_tokenizer
from rag.evaluation.tokenizers import MORPHEMES, TextTokenizer, open_tokenizer
from rag.ui.failures import describe_failure
from rag.ui.token_rows import render_figures, render_rows
from rag.ui.words import Words, words_of

if TYPE_CHECKING:
    from rag.library.library import Library

EXAMPLE, EXAMPLE_ANSWER = (
    "函館市立図書館の貸出期間は二週間です。延長は一回まで、予約の入っていない本に限ります。",
    "図書館",
)
LONGEST = 1_000
"""Characters of a text to compare: rows of more would not be read."""
OFFERED = {"morphemes": MORPHEMES, "bpe": "bpe:4000", "wordpiece": "wordpiece:4000", "unigram": "unigram:4000"}
"""Tokenizers beside the reader's, by the key of their label."""


class TokensTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them."""

    def __init__(self, library: Library, labels: gr.I18n) -> None:
        """Lay out the components and connect them."""
        self.library = library
        gr.Markdown(labels("tokens_hint"))
        with gr.Row():
            self.text = gr.Textbox(
                EXAMPLE,
                label=labels("tokens_text"),
                lines=2,
                max_lines=8,
                max_length=LONGEST,
                scale=3,
                min_width=320,
                elem_id="cut-text",
            )
            self.answer = gr.Textbox(
                EXAMPLE_ANSWER,
                label=labels("tokens_answer"),
                lines=1,
                max_lines=1,
                scale=1,
                min_width=240,
                elem_id="cut-answer",
            )
        reader = library.settings.reader
        offered = [(labels(f"tokens_{kind}"), name) for kind, name in OFFERED.items()]
        self.chosen = gr.CheckboxGroup(
            [(reader, reader), *offered],
            value=[reader, *OFFERED.values()],
            label=labels("tokens_chosen"),
            elem_id="tokenizers",
        )
        self.others = gr.Textbox(
            label=labels("tokens_others"), info=labels("tokens_others_hint"), lines=1, max_lines=1, elem_id="others"
        )
        with gr.Row(elem_classes="actions"):
            compare = gr.Button(labels("tokens_compare"), variant="primary", min_width=120, elem_id="compare")
            measure = gr.Button(labels("tokens_measure"), variant="secondary", min_width=120, elem_id="measure")
        self.result = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="tokens", min_height=0)
        asked = [self.text, self.answer, self.chosen, self.others]
        gr.on([compare.click, self.text.submit, self.answer.submit], self._compare, asked, [self.result])
        measure.click(self._measure, [self.chosen, self.others], [self.result])

    def _compare(self, text: str, answer: str, chosen: Sequence[str], others: str, request: gr.Request) -> str:
        words = words_of(request)
        try:
            if len(text) > LONGEST:
                raise ArgumentError(words["tokens_too_long"].format(count=f"{len(text):,}", most=f"{LONGEST:,}"))
            tokenizers = self._open([*chosen, *others.split()], words)
            return render_rows(compare_tokenizers(text, tokenizers, answer=answer or None), words)
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told
            return _render_failure(error, words)

    def _measure(self, chosen: Sequence[str], others: str, request: gr.Request) -> str:
        words = words_of(request)
        try:
            documents = {entry.id: self.library.document(entry.id) for entry in self.library.documents()}
            if not documents:
                return f'<p class="empty">{escape(words["tokens_documents_empty"])}</p>'
            tokenizers = self._open([*chosen, *others.split()], words)
            return render_figures([measure_tokenizer(each, Dataset(documents, ())) for each in tokenizers], words)
        except Exception as error:  # noqa: BLE001
            return _render_failure(error, words)

    def _open(self, names: Sequence[str], words: Words) -> list[TextTokenizer]:
        """Open tokenizers that are on this machine: the page asks nothing of others."""
        if not names:
            raise ArgumentError(words["tokens_none"])
        return [open_tokenizer(name, texts=self._read_texts(), fetch=False) for name in dict.fromkeys(names)]

    def _read_texts(self) -> Iterator[str]:
        return (self.library.document(entry.id).text for entry in self.library.documents())


def _render_failure(error: Exception, words: Words) -> str:
    message = words["error"] + words["colon"] + describe_failure(error, words)
    return f'<p class="failure" role="alert">{escape(message)}</p>'

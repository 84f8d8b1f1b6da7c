"""The tab of the laboratory: one head of a model followed from the words to its output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.attention.experiment import Changes
from rag.explanation.laboratory import Laboratory, Survey
from rag.explanation.specimen import Specimen
from rag.models.shipped import locate_model
from rag.ui.failures import describe_failure
from rag.ui.heads import render_gallery
from rag.ui.steps import render_experiment, render_steps, render_tokens
from rag.ui.words import ASSETS, Words, words_of

if TYPE_CHECKING:
    from rag.attention.dissection import Dissection
    from rag.library.library import Library

MOST_TOKENS = 96
"""Tokens of a text on the page: its maps have a cell for each two of them."""

KEPT = 8
"""Texts whose maps are kept, so that another head of the same text shows at once."""

TEXT = "東京タワーは1958年に建てられた高さ333メートルの電波塔です。"
QUESTION = "高さは何メートルですか"
LAYER, HEAD = 6, 7
"""The shipped reader's head that looks from the question at the answer."""

CHANGES = {"scaling": "without_scaling", "shared": "shared", "values": "swap_values"}

Updates = dict[Any, Any]
"""New value of each component that changes."""


class LaboratoryTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them."""

    def __init__(self, library: Library, labels: gr.I18n) -> None:
        """Lay out the components and connect them."""
        self.library = library
        self._load = lru_cache(maxsize=1)(Laboratory.load)
        self._survey = lru_cache(maxsize=KEPT)(self._survey_anew)
        self.focus = gr.State(None)
        gr.Markdown(labels("lab_intro"), elem_classes="lab-intro")
        with gr.Row(elem_classes="lab-inputs"):
            self.text = gr.Textbox(TEXT, label=labels("lab_text"), lines=1, max_lines=4, scale=4, elem_id="lab-text")
            self.question = gr.Textbox(
                QUESTION, label=labels("lab_question"), lines=1, max_lines=2, scale=2, elem_id="lab-question"
            )
            self.model = gr.Textbox(
                library.settings.reader, label=labels("lab_model"), lines=1, max_lines=1, scale=2, elem_id="lab-model"
            )
            self.run = gr.Button(labels("lab_run"), variant="primary", scale=1, min_width=100, elem_id="lab-run")
        script = (ASSETS / "laboratory.js").read_text(encoding="utf-8")
        self.gallery = gr.HTML(apply_default_css=False, js_on_load=script, elem_id="lab-heads")
        with gr.Row(elem_classes="lab-choices"):
            self.layer = gr.Slider(1, LAYER, LAYER, step=1, label=labels("layer"), elem_id="lab-layer")
            self.head = gr.Slider(1, HEAD, HEAD, step=1, label=labels("head"), elem_id="lab-head")
        self.tokens = gr.HTML(apply_default_css=False, js_on_load=script, elem_id="lab-tokens")
        self.steps = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="lab-steps")
        self.changes = gr.CheckboxGroup(
            [(labels(f"lab_change_{name}"), name) for name in CHANGES],
            label=labels("lab_experiment"),
            info=labels("lab_experiment_hint"),
            elem_id="lab-changes",
        )
        self.outcome = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="lab-outcome")
        self._connect()

    @property
    def chosen(self) -> list[Any]:
        """Components that say what to show."""
        return [self.text, self.question, self.model, self.layer, self.head, self.changes, self.focus]

    @property
    def shown(self) -> list[Any]:
        """Components that `show` changes."""
        return [self.layer, self.head, self.focus, self.gallery, self.tokens, self.steps, self.outcome]

    def show(
        self,
        text: str,
        question: str,
        model: str,
        layer: float,
        head: float,
        changes: Sequence[str],
        focus: int | None,
        request: gr.Request,
    ) -> Updates:
        """Show one head of a model for a text, in the browser's language; a number too large counts as the last."""
        words = words_of(request)
        try:
            return self._show(text, question, model, int(layer), int(head), changes, focus, words)
        except Exception as error:
            raise gr.Error(
                escape(describe_failure(error, words)), title=words["error"], print_exception=False
            ) from error

    def _connect(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        begun = gr.on(
            [self.run.click, self.text.submit, self.question.submit, self.model.submit],
            lambda: None,  # no token of the last text stays in focus
            None,
            self.focus,
            **quiet,
        )
        head = self.gallery.select(_read_head, None, [self.layer, self.head], **quiet)
        token = self.tokens.select(_read_token, None, self.focus, **quiet)
        for event in (begun, head, token):
            event.then(self.show, self.chosen, self.shown, show_progress_on=self.steps)
        for choice in (self.layer, self.head, self.changes):
            choice.input(self.show, self.chosen, self.shown, trigger_mode="always_last", **quiet)

    def _show(
        self,
        text: str,
        question: str,
        model: str,
        layer: int,
        head: int,
        changes: Sequence[str],
        focus: int | None,
        words: Words,
    ) -> Updates:
        laboratory, specimen, survey = self._survey(text, question, model.strip())
        layers, heads = survey.maps.shape[:2]
        layer, head = min(layer, layers), min(head, heads)
        dissection = laboratory.dissect(specimen, layer=layer - 1, head=head - 1)
        wanted = Changes(**{CHANGES[name]: True for name in changes})
        experiment = laboratory.experiment(specimen, dissection, wanted) if wanted else None
        focus = _choose_focus(specimen, dissection) if focus is None or focus >= len(specimen.tokens) else focus
        return {
            self.layer: gr.Slider(value=layer, maximum=layers),
            self.head: gr.Slider(value=head, maximum=heads),
            self.focus: focus,
            self.gallery: render_gallery(survey, layer=layer - 1, head=head - 1, words=words),
            self.tokens: render_tokens(specimen, focus, words),
            self.steps: render_steps(specimen, dissection, focus, words),
            self.outcome: render_experiment(specimen, experiment, focus, words),
        }

    def _survey_anew(self, text: str, question: str, model: str) -> tuple[Laboratory, Specimen, Survey]:
        if model == self.library.settings.reader:
            laboratory = Laboratory.from_reader(self.library.reader)
        else:
            laboratory = self._load(locate_model(model))
        specimen = laboratory.prepare(text, question=question, max_tokens=MOST_TOKENS)
        return laboratory, specimen, laboratory.survey(specimen)


def _read_head(chosen: gr.EventData) -> tuple[int, int]:
    return chosen.layer, chosen.head


def _read_token(chosen: gr.EventData) -> int:
    token: int = chosen.token
    return token


def _choose_focus(specimen: Specimen, dissection: Dissection) -> int:
    """Return the token, of the question if there is one, that looks most decidedly at one other."""
    first, last = specimen.question or (0, len(specimen.tokens))
    asked = [index for index in range(first, last) if not specimen.special[index]] or [0]
    return max(asked, key=lambda index: float(dissection.trace.weights[index].max()))

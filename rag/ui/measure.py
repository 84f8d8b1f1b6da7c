"""The tab of measurements: the library on its own questions, and the runs there are."""

from __future__ import annotations

import threading
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.evaluation.experiment.experiment import RUNS
from rag.evaluation.experiment.runs import Run, list_runs
from rag.evaluation.own.self_test import evaluate_own_questions
from rag.ui.failures import describe_failure
from rag.ui.runs import name_run, render_run
from rag.ui.words import Words, words_of

if TYPE_CHECKING:
    from rag.library.library import Library

QUESTIONS, MOST = 20, 200
"""Questions made unless told otherwise, and most of them: more are for the terminal."""
UNANSWERABLE = 4
"""One question without an answer for so many with one, where they are wanted."""

Updates = dict[Any, Any]
"""New value of each component that changes."""


class StoppedError(Exception):
    """Somebody pressed the button that stops a run."""


class MeasureTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them.

    One measurement runs at a time, whoever began it: two at once would both be slow. Only who began it can stop it.
    """

    def __init__(self, library: Library, labels: gr.I18n) -> None:
        """Lay out the components and connect them."""
        self.library = library
        self._running = threading.Lock()
        self._stop = threading.Event()
        self._owner: str | None = None
        gr.Markdown(labels("measure_intro"))
        with gr.Row(elem_classes="measure-inputs"):
            self.count = gr.Slider(
                1, MOST, QUESTIONS, step=1, label=labels("measure_count"), scale=2, elem_id="measure-count"
            )
            self.unanswerable = gr.Checkbox(
                label=labels("measure_unanswerable"), scale=1, min_width=200, elem_id="measure-unanswerable"
            )
        with gr.Row(elem_classes="actions"):
            self.run = gr.Button(labels("measure_run"), variant="primary", min_width=120, elem_id="measure-run")
            self.halt = gr.Button(labels("measure_stop"), interactive=False, min_width=120, elem_id="measure-stop")
        self.report = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="measure-report", min_height=0)
        self.runs = gr.Dropdown(
            label=labels("measure_runs"), info=labels("measure_runs_hint"), choices=[], elem_id="measure-runs"
        )
        self.shown = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="measure-run-shown", min_height=0)
        self._connect()

    def refresh(self, chosen: str | None, request: gr.Request) -> Updates:
        """List the runs there are now, in the browser's language; the chosen one stays shown."""
        return self._show(chosen, words_of(request))

    @property
    def refreshed(self) -> list[Any]:
        """Components that `refresh` changes."""
        return [self.runs, self.shown]

    def _connect(self) -> None:
        buttons = [self.run, self.halt]
        begun = self.run.click(_let_stop, None, buttons, show_progress="hidden")
        done = begun.then(
            self._measure, [self.count, self.unanswerable], [self.report, *self.refreshed], show_progress_on=self.report
        )
        done.then(_let_run, None, buttons, show_progress="hidden")
        self.halt.click(self._halt, None, None, show_progress="hidden")
        self.runs.input(self.refresh, self.runs, self.refreshed, show_progress="hidden")

    def _measure(
        self,
        count: float,
        unanswerable: bool,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - the page gives each call its own in place of it
    ) -> Updates:
        words = words_of(request)
        if not self._running.acquire(blocking=False):
            return {self.report: _render_note("failure", words["measure_busy"])}
        self._stop.clear()
        self._owner = request.session_hash

        def tell(done: int, total: int, said: str) -> None:
            if self._stop.is_set():
                raise StoppedError
            progress((done, total), desc=words[said], unit="")

        try:
            report = evaluate_own_questions(
                self.library,
                limit=int(count),
                unanswerable=-(-int(count) // UNANSWERABLE) if unanswerable else 0,
                making=lambda done, total: tell(done, total, "measure_making"),
                progress=lambda done, total: tell(done, total, "measure_asking"),
            )
        except StoppedError:
            return {self.report: _render_note("note", words["measure_stopped"])}
        except Exception as error:
            raise gr.Error(
                escape(describe_failure(error, words)), title=words["error"], print_exception=False
            ) from error
        finally:
            self._owner = None
            self._running.release()
        name = None if report.folder is None else report.folder.name
        return {self.report: _render_note("done", words["measure_done"]), **self._show(name, words)}

    def _halt(self, request: gr.Request) -> None:
        if request.session_hash == self._owner:
            self._stop.set()

    def _show(self, chosen: str | None, words: Words) -> Updates:
        runs = {run.path.name: run for run in list_runs(RUNS)}
        kept = chosen if chosen in runs else None
        return {
            self.runs: gr.Dropdown(choices=[(name_run(run), name) for name, run in runs.items()], value=kept),
            self.shown: _render(runs.get(kept or ""), words, empty=not runs),
        }


def _render(run: Run | None, words: Words, *, empty: bool) -> str:
    if run is None:
        return f'<p class="empty">{escape(words["measure_none" if empty else "measure_choose"])}</p>'
    try:
        return render_run(run, words)
    except Exception as error:  # noqa: BLE001 - a damaged run is told in its place, the others stay
        return f'<p class="failure" role="alert">{escape(describe_failure(error, words))}</p>'


def _render_note(kind: str, text: str) -> str:
    return f'<p class="{kind}" role="status">{escape(text)}</p>'


def _let_stop() -> tuple[gr.Button, gr.Button]:
    return gr.Button(interactive=False), gr.Button(interactive=True)


def _let_run() -> tuple[gr.Button, gr.Button]:
    return gr.Button(interactive=True), gr.Button(interactive=False)

"""The tab of the documents: adding, listing and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.documents.loading import supported_suffixes
from rag.ui.catalog import render_documents, render_notice, render_report
from rag.ui.failures import describe_failure
from rag.ui.uploads import add_uploads, remove_document
from rag.ui.words import ASSETS, Words, words_of

if TYPE_CHECKING:
    from rag.ingest.ingest import IngestStep
    from rag.library.library import Library


class DocumentsTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them."""

    def __init__(self, library: Library, labels: gr.I18n) -> None:
        """Lay out the components and connect them; the rest of the page follows `table.change`."""
        self.library = library
        self.hint = gr.HTML(apply_default_css=False, js_on_load=None)
        self.files = gr.File(label=labels("upload"), file_count="multiple", height=180, elem_id="upload")
        self.report = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="report", min_height=0)
        self.table = gr.HTML(
            apply_default_css=False,
            js_on_load=(ASSETS / "documents.js").read_text(encoding="utf-8"),
            elem_id="documents",
        )
        self.changed = gr.on(
            [self.files.upload],
            self._add,
            [self.files],
            [self.files, self.report, self.table],
            show_progress_on=self.report,
        )
        self.removed = self.table.delete(self._remove, None, [self.report, self.table], show_progress="hidden")

    def refresh(self, request: gr.Request) -> tuple[str, str, str]:
        """Show the documents there are now, in the browser's language; what was reported before goes."""
        words = words_of(request)
        hint = escape(words["upload_hint"].format(suffixes=" ".join(supported_suffixes())))
        return f'<p class="note">{hint}</p>', "", self._render_table(words)

    @property
    def refreshed(self) -> list[Any]:
        """Components that `refresh` changes."""
        return [self.hint, self.report, self.table]

    def _add(
        self,
        files: Sequence[str] | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - the page gives each call its own in place of it
    ) -> tuple[None, str, str]:
        words = words_of(request)

        def show(step: IngestStep) -> None:
            part = step.windows_done / step.windows_total if step.windows_total else 0.0
            name = Path(step.path).name
            progress((step.done + part) / max(step.total, 1), desc=f"{words['uploading']}{words['colon']}{name}")

        try:
            report = add_uploads(self.library, [Path(file) for file in files or ()], words, progress=show)
        except Exception as error:
            raise _failure(error, words) from error
        return None, render_report(report, words), self._render_table(words)

    def _remove(self, chosen: gr.EventData, request: gr.Request) -> tuple[str, str]:
        words = words_of(request)
        try:
            title = remove_document(self.library, chosen.document)
        except Exception as error:
            raise _failure(error, words) from error
        return render_notice(words["removed"].format(title=title)), self._render_table(words)

    def _render_table(self, words: Words) -> str:
        return render_documents(self.library.documents(), words)


def _failure(error: Exception, words: Words) -> gr.Error:
    return gr.Error(escape(describe_failure(error, words)), title=words["error"], print_exception=False)

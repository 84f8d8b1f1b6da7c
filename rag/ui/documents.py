"""The tab of the documents: adding, listing, tagging and removing them, following a folder, taking them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.documents.loading import supported_suffixes
from rag.errors import ArgumentError
from rag.index.tags import parse_tags
from rag.ui.catalog import render_documents, render_notice, render_report, render_sync
from rag.ui.failures import describe_failure
from rag.ui.uploads import add_uploads, remove_document
from rag.ui.words import ASSETS, Words, words_of

if TYPE_CHECKING:
    from rag.ingest.ingest import IngestStep
    from rag.library.library import Library

MEGABYTE = 2**20


class DocumentsTab:
    """Components of the tab and what they do; made inside the `gr.Tab` that holds them."""

    def __init__(self, library: Library, labels: gr.I18n, *, folders: bool) -> None:
        """Lay out the components and connect them; the rest of the page follows `changes`.

        `folders` says whether folders of this machine may be followed.
        """
        self.library = library
        self.hint = gr.HTML(apply_default_css=False, js_on_load=None)
        self.files = gr.File(label=labels("upload"), file_count="multiple", height=180, elem_id="upload")
        self.report = gr.HTML(apply_default_css=False, js_on_load=None, elem_id="report", min_height=0)
        following = self._build_following(labels) if folders else []
        self.table = gr.HTML(
            apply_default_css=False,
            js_on_load=(ASSETS / "documents.js").read_text(encoding="utf-8"),
            elem_id="documents",
        )
        with gr.Row(elem_classes="actions"):
            self.export = gr.Button(labels("export"), min_width=200, elem_id="export")
            self.exported = gr.DownloadButton(visible=False, variant="primary", min_width=200, elem_id="exported")
        added = gr.on(
            [self.files.upload],
            self._add,
            [self.files],
            [self.files, self.report, self.table],
            show_progress_on=self.report,
        )
        shown = [self.report, self.table]
        removed = self.table.delete(self._remove, None, shown, show_progress="hidden")
        self.table.edit(self._tag, None, shown, show_progress="hidden")
        self.export.click(self._export, None, [self.exported, self.report], show_progress_on=self.report)
        self.changes = [added, removed]
        for button, action in following:
            self.changes.append(button.click(action, [self.folder], shown, show_progress_on=self.report))

    def _build_following(self, labels: gr.I18n) -> list[tuple[gr.Button, Callable[..., tuple[str, str]]]]:
        with gr.Accordion(labels("sync"), open=False, elem_id="sync"):
            self.folder = gr.Textbox(
                label=labels("sync_folder"), info=labels("sync_hint"), max_lines=1, elem_id="sync-folder"
            )
            with gr.Row(elem_classes="actions"):
                look = gr.Button(labels("sync_look"), min_width=160, elem_id="sync-look")
                follow = gr.Button(labels("sync_follow"), variant="primary", min_width=160, elem_id="sync-follow")
        return [(look, self._look), (follow, self._follow)]

    def refresh(self, request: gr.Request) -> tuple[Any, ...]:
        """Show the documents there are now, in the browser's language; what was reported or exported before goes."""
        words = words_of(request)
        hint = escape(words["upload_hint"].format(suffixes=" ".join(supported_suffixes())))
        return f'<p class="note">{hint}</p>', "", self._render_table(words), gr.DownloadButton(visible=False)

    @property
    def refreshed(self) -> list[Any]:
        """Components that `refresh` changes."""
        return [self.hint, self.report, self.table, self.exported]

    def _add(
        self,
        files: Sequence[str] | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - the page gives each call its own in place of it
    ) -> tuple[None, str, str]:
        words = words_of(request)

        try:
            report = add_uploads(
                self.library, [Path(file) for file in files or ()], words, progress=_show_steps(progress, words)
            )
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

    def _tag(self, chosen: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """Give a document the tags that were written, one a line, and take all others away."""
        words = words_of(request)
        try:
            document = self.library.document(chosen.document)
            tags = parse_tags(line for line in chosen.tags.splitlines() if line.strip())
            before = next(entry.tags for entry in self.library.documents() if entry.id == document.id)
            self.library.tag(document.id, tags, remove=before.keys() - tags.keys())
        except Exception as error:
            raise _failure(error, words) from error
        return render_notice(words["tagged"].format(title=document.title)), self._render_table(words)

    def _look(
        self,
        folder: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - the page gives each call its own in place of it
    ) -> tuple[str, str]:
        return self._sync(folder, words_of(request), progress, dry_run=True)

    def _follow(
        self,
        folder: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - the page gives each call its own in place of it
    ) -> tuple[str, str]:
        return self._sync(folder, words_of(request), progress, dry_run=False)

    def _sync(self, folder: str, words: Words, progress: gr.Progress, *, dry_run: bool) -> tuple[str, str]:
        try:
            if not folder.strip():  # the folder that the page was started in would be meant
                raise ArgumentError(words["sync_none"])
            path = Path(folder.strip()).expanduser()
            report = self.library.sync(path, dry_run=dry_run, progress=_show_steps(progress, words))
        except Exception as error:
            raise _failure(error, words) from error
        return render_sync(report, words, dry_run=dry_run), self._render_table(words)

    def _export(self, request: gr.Request) -> tuple[gr.DownloadButton, str]:
        """Write the library into one file and offer it; the page deletes it as it does old uploads."""
        words = words_of(request)
        try:
            cache = Path(self.exported.GRADIO_CACHE)
            cache.mkdir(parents=True, exist_ok=True)
            file = Path(mkdtemp(prefix="export-", dir=cache)) / f"{self.library.folder.resolve().name}.zip"
            self.library.export(file)
        except Exception as error:
            raise _failure(error, words) from error
        size = f"{file.stat().st_size / MEGABYTE:,.1f}"
        notice = render_notice(words["exported"].format(name=file.name, size=size))
        return gr.DownloadButton(words["export_save"], value=str(file), visible=True), notice

    def _render_table(self, words: Words) -> str:
        return render_documents(self.library.documents(), words)


def _show_steps(progress: gr.Progress, words: Words) -> Callable[[IngestStep], None]:
    """Return what shows how far the reading of files has come."""

    def show(step: IngestStep) -> None:
        part = step.windows_done / step.windows_total if step.windows_total else 0.0
        name = Path(step.path).name
        progress((step.done + part) / max(step.total, 1), desc=f"{words['uploading']}{words['colon']}{name}")

    return show


def _failure(error: Exception, words: Words) -> gr.Error:
    return gr.Error(escape(describe_failure(error, words)), title=words["error"], print_exception=False)

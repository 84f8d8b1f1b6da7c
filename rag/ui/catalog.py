"""The list of documents and the outcome of an upload as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from rag.documents.losses import describe_losses
from rag.library.records import DocumentEntry
from rag.ui.uploads import UploadReport
from rag.ui.words import Words, language_of


def render_documents(entries: Sequence[DocumentEntry], words: Words) -> str:
    """Write the documents as a table with a button to remove each, and the dialog that asks before."""
    if not entries:
        return f'<p class="empty">{escape(words["documents_empty"])}</p>'
    total = words["documents_total"].format(
        documents=f"{len(entries):,}",
        characters=f"{sum(entry.characters for entry in entries):,}",
        chunks=f"{sum(entry.chunks for entry in entries):,}",
    )
    columns = ("title", "characters", "chunks", "added", "action")
    heads = "".join(f'<th scope="col">{escape(words[f"column_{column}"])}</th>' for column in columns)
    rows = "".join(_render_row(entry, words) for entry in entries)
    return (
        f'<h2>{escape(words["documents"])}</h2><p class="note">{escape(total)}</p>'
        f'<table class="documents"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{_render_dialog(words)}'
    )


def render_report(report: UploadReport, words: Words) -> str:
    """Write how many files went in, for each that did not the reason, and what was lost of the others."""
    counts = {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
    }
    said = [words[f"report_{key}"].format(count=count) for key, count in counts.items() if count]
    done = f'<p class="done">{escape(words["comma"].join(said))}</p>' if said else ""
    failed = _render_reasons("failure", words["report_failed"].format(count=len(report.failed)), report.failed)
    lost = _render_reasons("lost", words["report_lost"].format(count=len(report.lost)), report.lost)
    return f'<div class="report" role="status">{done}{failed}{lost}</div>'


def render_notice(text: str) -> str:
    """Write a short message."""
    return f'<div class="report" role="status"><p class="done">{escape(text)}</p></div>'


def _render_reasons(kind: str, head: str, reasons: Sequence[tuple[str, str]]) -> str:
    if not reasons:
        return ""
    items = "".join(f"<li><b>{escape(name)}</b> {escape(reason)}</li>" for name, reason in reasons)
    return f'<p class="{kind}">{escape(head)}</p><ul>{items}</ul>'


def _render_row(entry: DocumentEntry, words: Words) -> str:
    label = escape(words["remove_label"].format(title=entry.title))
    lost = describe_losses(entry.losses, language=language_of(words))
    note = f'<span class="note">{escape(lost)}</span>' if lost else ""
    added = datetime.fromisoformat(entry.added).astimezone()
    cells = (
        ("characters", f"{entry.characters:,}"),
        ("chunks", f"{entry.chunks:,}"),
        ("added", f"{added:%Y-%m-%d %H:%M}"),
    )
    return (
        f'<tr><th scope="row" title="{escape(entry.source)}">{escape(entry.title)}{note}</th>'
        + "".join(f'<td data-label="{escape(words[f"column_{name}"])}">{text}</td>' for name, text in cells)
        + f'<td><button type="button" class="remove" data-remove="{escape(entry.id)}"'
        f' data-title="{escape(entry.title)}" aria-label="{label}">{escape(words["remove"])}</button></td></tr>'
    )


def _render_dialog(words: Words) -> str:
    return (
        f'<dialog aria-label="{escape(words["remove_question"])}"><h2>{escape(words["remove_question"])}</h2>'
        f'<p class="title"></p><p class="note">{escape(words["remove_explanation"])}</p><div class="choices">'
        f'<button type="button" class="cancel">{escape(words["remove_cancel"])}</button>'
        f'<button type="button" class="confirm">{escape(words["remove_confirm"])}</button></div></dialog>'
    )

"""The list of documents and the outcome of an upload or of following a folder as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from rag.documents.losses import describe_losses
from rag.library.records import DocumentEntry
from rag.ui.uploads import UploadReport
from rag.ui.words import Words, language_of

if TYPE_CHECKING:
    from rag.ingest.sync import SyncReport

NAMED = 50
"""Files of a kind that a report names."""


def render_documents(entries: Sequence[DocumentEntry], words: Words) -> str:
    """Write the documents as a table with buttons to tag and to remove each, and the dialogs these open."""
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
        f'<table class="documents"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"{_render_removal(words)}{_render_tagging(words)}"
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
    return f'<div class="report" role="status">{done}{_render_faults(report.failed, report.lost, words)}</div>'


def render_sync(report: SyncReport, words: Words, *, dry_run: bool) -> str:
    """Write what became of the files of a folder, or would: how many of each kind, and which."""
    changes = {
        "added": report.added,
        "updated": report.updated,
        "moved": [f"{move.origin} → {move.target}" for move in report.moved],
        "removed": report.removed,
    }
    said = [words[f"sync_{kind}"].format(count=f"{len(files):,}") for kind, files in changes.items() if files]
    said.append(words["sync_unchanged"].format(count=f"{len(report.unchanged):,}"))
    lists = "".join(
        f"<details open><summary>{escape(words[f'sync_{kind}'].format(count=f'{len(files):,}'))}</summary>"
        f"{_render_files(files, words)}</details>"
        for kind, files in changes.items()
        if files
    )
    end = words["sync_dry_run" if dry_run else "sync_done"]
    failed = [(failure.path, failure.error.removeprefix(f"{failure.path}: ")) for failure in report.failed]
    lost = [(entry.source, describe_losses(entry.losses, language=language_of(words))) for entry in report.losses]
    return (
        f'<div class="report" role="status"><p class="done">{escape(words["comma"].join(said))}</p>'
        f'<p class="note">{escape(end)}</p>{lists}{_render_faults(failed, lost, words)}</div>'
    )


def render_notice(text: str) -> str:
    """Write a short message."""
    return f'<div class="report" role="status"><p class="done">{escape(text)}</p></div>'


def _render_files(files: Sequence[str], words: Words) -> str:
    """Write the first files of many."""
    items = "".join(f"<li>{escape(file)}</li>" for file in files[:NAMED])
    more = len(files) - NAMED
    rest = f"<li>{escape(words['sync_more'].format(count=f'{more:,}'))}</li>" if more > 0 else ""
    return f"<ul>{items}{rest}</ul>"


def _render_faults(failed: Sequence[tuple[str, str]], lost: Sequence[tuple[str, str]], words: Words) -> str:
    return _render_reasons("failure", words["report_failed"].format(count=len(failed)), failed) + _render_reasons(
        "lost", words["report_lost"].format(count=len(lost)), lost
    )


def _render_reasons(kind: str, head: str, reasons: Sequence[tuple[str, str]]) -> str:
    if not reasons:
        return ""
    items = "".join(f"<li><b>{escape(name)}</b> {escape(reason)}</li>" for name, reason in reasons)
    return f'<p class="{kind}">{escape(head)}</p><ul>{items}</ul>'


def _render_row(entry: DocumentEntry, words: Words) -> str:
    label = escape(words["remove_label"].format(title=entry.title))
    lost = describe_losses(entry.losses, language=language_of(words))
    note = f'<span class="note">{escape(lost)}</span>' if lost else ""
    pairs = [f"{name}={value}" for name, value in entry.tags.items()]
    tags = f'<span class="tags">{"".join(f"<span>{escape(pair)}</span>" for pair in pairs)}</span>' if pairs else ""
    lines = escape("\n".join(pairs)).replace("\n", "&#10;")
    tag_label = escape(words["tag_label"].format(title=entry.title))
    added = datetime.fromisoformat(entry.added).astimezone()
    cells = (
        ("characters", f"{entry.characters:,}"),
        ("chunks", f"{entry.chunks:,}"),
        ("added", f"{added:%Y-%m-%d %H:%M}"),
    )
    return (
        f'<tr><th scope="row" title="{escape(entry.source)}">{escape(entry.title)}{tags}{note}</th>'
        + "".join(f'<td data-label="{escape(words[f"column_{name}"])}">{text}</td>' for name, text in cells)
        + f'<td><button type="button" class="tag" data-tag="{escape(entry.id)}" data-title="{escape(entry.title)}"'
        f' data-tags="{lines}" aria-label="{tag_label}">{escape(words["tag"])}</button> '
        f'<button type="button" class="remove" data-remove="{escape(entry.id)}"'
        f' data-title="{escape(entry.title)}" aria-label="{label}">{escape(words["remove"])}</button></td></tr>'
    )


def _render_removal(words: Words) -> str:
    body = f'<p class="note">{escape(words["remove_explanation"])}</p>'
    return _render_dialog("removal", words["remove_question"], body, words["remove_confirm"], words)


def _render_tagging(words: Words) -> str:
    body = (
        f'<p class="note">{escape(words["tag_explanation"])}</p>'
        f'<textarea rows="4" aria-label="{escape(words["tag"])}"></textarea>'
    )
    return _render_dialog("tagging", words["tag_question"], body, words["tag_confirm"], words)


def _render_dialog(kind: str, question: str, body: str, confirm: str, words: Words) -> str:
    return (
        f'<dialog class="{kind}" aria-label="{escape(question)}"><h2>{escape(question)}</h2><p class="title"></p>{body}'
        f'<div class="choices"><button type="button" class="cancel">{escape(words["remove_cancel"])}</button>'
        f'<button type="button" class="confirm">{escape(confirm)}</button></div></dialog>'
    )

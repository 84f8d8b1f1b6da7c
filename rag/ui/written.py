"""A generated answer as HTML: its citations lead to the passages, and the sentences they stand for are listed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.explanation.shading import Mark
from rag.reading.answer import Generated
from rag.ui.session import Place
from rag.ui.words import Words


def render_written(generated: Generated) -> str:
    """Write the answer; the number of each passage it cites is a link to that passage."""
    parts: list[str] = []
    reached = 0
    for marker in generated.markers:
        parts.append(escape(generated.text[reached : marker.start]))
        digits = escape(generated.text[marker.start : marker.end])
        parts.append(f'<a class="marker" href="#passage-{marker.passage + 1}">{digits}</a>')
        reached = marker.end
    return "".join(parts) + escape(generated.text[reached:])


def render_sources(generated: Generated, places: Sequence[Place], words: Words) -> str:
    """List the sentences that the answer cites, each once."""
    cited = dict.fromkeys((marker.passage, marker.span) for marker in generated.markers)
    if not cited:
        return ""
    items = "".join(
        f'<li><span lang="ja">[{passage + 1}] {escape(span.text)}</span> '
        f'<span class="note">{escape(places[passage].title)}</span></li>'
        for passage, span in cited
    )
    return f'<div class="sources"><h2>{escape(words["sources"])}</h2><ul>{items}</ul></div>'


def mark_sources(generated: Generated) -> list[Mark]:
    """Mark the sentences that the answer cites."""
    spans = dict.fromkeys(marker.span for marker in generated.markers)
    return [Mark(span.document_id, span.start, span.end, "answer") for span in spans]

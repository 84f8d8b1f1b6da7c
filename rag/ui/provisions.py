"""The article around a passage and what its references mean, as HTML; all text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.explanation.shading import Link
from rag.library.records import CitedProvision, ResolvedReference
from rag.retrieval.hit import Passage
from rag.ui.words import Words

SHOWN = 3000
"""Most characters shown of one provision; of an article they lie around the passage."""
TARGETS = 10
"""Most provisions shown for one reference."""


def build_links(passage: Passage, references: Sequence[ResolvedReference], number: int) -> list[Link]:
    """Turn the references of passage `number` that mean something into links to their pop-ups."""
    return [
        Link(passage.document_id, reference.start, reference.end, _name(number, index))
        for index, reference in enumerate(references)
        if reference.targets
    ]


def render_references(references: Sequence[ResolvedReference], number: int) -> str:
    """Write the pop-ups of the references of passage `number`; a browser shows them at a click, without a request."""
    return "".join(
        f'<div popover id="{_name(number, index)}" class="provision" lang="ja">'
        f"{''.join(map(_render_target, reference.targets[:TARGETS]))}</div>"
        for index, reference in enumerate(references)
        if reference.targets
    )


def render_article(article: CitedProvision | None, passage: Passage, words: Words) -> str:
    """Write the article around a passage, folded up, with what of it is in the passage marked."""
    if article is None:
        return ""
    first = max(passage.start, article.start) - article.start
    last = max(first, min(passage.end, article.end) - article.start)
    begin = 0 if len(article.text) <= SHOWN else max(0, (first + last - SHOWN) // 2)
    stop = min(len(article.text), begin + SHOWN)
    before, read, after = (
        article.text[begin:first],
        article.text[max(begin, first) : min(last, stop)],
        article.text[last:stop],
    )
    text = f'{escape(before)}<mark class="read">{escape(read)}</mark>{escape(after)}'
    head = "…" if begin else ""
    tail = "…" if stop < len(article.text) else ""
    return (
        f'<details class="whole"><summary>{escape(words["article_whole"])}'
        f' <span class="note">{escape(article.label)}</span></summary>'
        f'<div class="text" lang="ja">{head}{text}{tail}</div></details>'
    )


def _render_target(target: CitedProvision) -> str:
    tail = "…" if len(target.text) > SHOWN else ""
    return f"<h3>{escape(target.label)}</h3><p>{escape(target.text[:SHOWN])}{tail}</p>"


def _name(number: int, index: int) -> str:
    return f"passage-{number}-reference-{index + 1}"

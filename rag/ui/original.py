"""The page of a PDF that an answer stands on, as a picture with the place marked."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from rag.documents.pdf_places import Box, draw_place, has_boxes
from rag.errors import RagError
from rag.ingest.apart import call_apart
from rag.library.upkeep import build_limits
from rag.ui.failures import describe_failure
from rag.ui.words import Words

if TYPE_CHECKING:
    from rag.library.library import Library
    from rag.library.records import Citation


def render_button(library: Library, citation: Citation | None, words: Words) -> str:
    """Write a button that asks for the page; nothing where the document is no PDF, or is there no more."""
    if citation is None or citation.page is None:
        return ""
    try:
        document = library.document(citation.document_id)
    except RagError:
        return ""
    if not has_boxes(document):
        return ""
    return f'<button type="button" class="original" aria-expanded="false">{escape(words["original"])}</button>'


def render_original(library: Library, citation: Citation, words: Words) -> str:
    """Write the page with the place of a citation marked, or why it cannot be shown; the button closes it again."""
    button = f'<button type="button" class="original" aria-expanded="true">{escape(words["original_close"])}</button>'
    try:
        document = library.document(citation.document_id)
        limits = build_limits(library.settings)
        boxes, image = call_apart(draw_place, document, citation.start, citation.end, limits=limits)
    except RagError as error:
        return f'{button}<p class="failure" role="status">{escape(describe_failure(error, words))}</p>'
    if not boxes:
        return f'{button}<p class="note" role="status">{escape(words["original_none"])}</p>'
    picture = base64.b64encode(image).decode("ascii")
    label = words["original_alt"].format(title=document.title, page=boxes[0].page)
    marks = "".join(_render_box(box) for box in boxes if box.index == boxes[0].index)
    return f'{button}<div class="sheet"><img src="data:image/png;base64,{picture}" alt="{escape(label)}">{marks}</div>'


def _render_box(box: Box) -> str:
    left, top = box.x0 / box.width, box.y0 / box.height
    width, height = (box.x1 - box.x0) / box.width, (box.y1 - box.y0) / box.height
    return f'<span class="box" style="left:{left:.2%};top:{top:.2%};width:{width:.2%};height:{height:.2%}"></span>'

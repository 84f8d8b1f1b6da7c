"""The conversation and the evidence of an answer as HTML; whatever comes from people or documents is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from rag.explanation.shading import Kind, Mark, Shades, shade_passage
from rag.library.records import Answer, Citation
from rag.retrieval.hit import Hit, Passage
from rag.text.sentences import split_sentences
from rag.ui.gaze import Unit
from rag.ui.provisions import build_links, render_article, render_references
from rag.ui.session import Exchange, Place, Session
from rag.ui.words import Words, format_percent
from rag.ui.written import mark_sources, render_sources, render_written

HIGH_CONFIDENCE = 0.75
MEDIUM_CONFIDENCE = 0.4
MARKED_PROBABILITY = 0.05
"""Candidates below it are listed but not marked in the text: there they would hide what matters."""


def render_conversation(session: Session, words: Words) -> str:
    """Write the conversation as a list in which each answer can be chosen to see its evidence."""
    if not session.exchanges:
        return f'<p class="empty">{escape(words["conversation_empty"])}</p>'
    turns = "".join(
        _render_exchange(exchange, index, index == session.shown, words)
        for index, exchange in enumerate(session.exchanges)
    )
    return f'<ol class="turns" role="log" aria-label="{escape(words["conversation"])}">{turns}</ol>'


def render_examples(questions: Sequence[str], words: Words, *, has_documents: bool) -> str:
    """Write example questions as buttons; without documents, say where to add some."""
    if not has_documents:
        return f'<p class="empty">{escape(words["conversation_no_documents"])}</p>'
    if not questions:
        return ""
    buttons = "".join(
        f'<li><button type="button" data-question="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<h2>{escape(words["examples"])}</h2><ul class="examples">{buttons}</ul>'


def render_answer(exchange: Exchange | None, words: Words) -> str:
    """Write the answer with its confidence, source, other candidates and timing."""
    if exchange is None:
        return f'<p class="empty">{escape(words["evidence_empty"])}</p>'
    failure = (
        "" if exchange.error is None else f'<p class="failure">{_label("error", escape(exchange.error), words)}</p>'
    )
    if exchange.answer is None:
        return failure or f'<p class="pending" role="status">{_render_pending(exchange, words)}</p>'
    answer = exchange.answer
    return (
        f'<section class="answer" aria-label="{escape(words["evidence"])}">'
        f'<p class="asked">{escape(exchange.question)}</p>'
        + _render_verdict(answer, words)
        + _render_citation(answer, words)
        + _render_support(exchange, answer, words)
        + _render_details(answer, words, explaining=exchange.error is None)
        + f"{failure}</section>"
    )


def render_passages(exchange: Exchange | None, shades: Shades, unit: Unit, words: Words) -> str:
    """Write the passages that were read, with the answer marked and the gaze as shades of one unit."""
    if exchange is None or exchange.answer is None or not exchange.answer.passages:
        return ""
    answer = exchange.answer
    marks = _build_marks(answer)
    articles = "".join(
        _render_passage(number, passage, place, answer.hits, shades, marks, words)
        for number, (passage, place) in enumerate(zip(answer.passages, exchange.places, strict=True), 1)
    )
    legend = _render_legend(marks, shades, unit, words)
    return f'<h2>{escape(words["passages"])}</h2>{legend}<div class="passages" data-unit="{unit}">{articles}</div>'


def render_removal(exchange: Exchange | None, words: Words) -> str:
    """Write in plain words how the answer fared without the sentences that were looked at."""
    answer = exchange.answer if exchange is not None else None
    if answer is None or answer.explanation is None or answer.explanation.removal is None:
        return ""
    removal = answer.explanation.removal
    sentences = [
        words["removal_attended"].format(count=len(removal.removed), ratio=_keep(removal.attended)),
        words["removal_random"].format(ratio=_keep(removal.random)),
        words[f"removal_{removal.verdict}"],
    ]
    if answer.no_answer:
        sentences[-1] = words["removal_candidate"]
    if removal.agreement is not None:
        sentences.insert(2, words["removal_agreement"].format(agreement=f"{removal.agreement:+.2f}"))
    body = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    kept = "removal_note" if answer.generated is None else "removal_note_generated"
    note = f'<p class="note">{escape(words[kept])}</p>'
    return f'<section class="removal {removal.verdict}"><h2>{escape(words["removal"])}</h2>{body}{note}</section>'


def _render_exchange(exchange: Exchange, index: int, shown: bool, words: Words) -> str:
    question = f'<div class="question"><span class="who">{escape(words["you"])}</span>{escape(exchange.question)}</div>'
    if exchange.answer is not None:
        reply = _render_reply(exchange.answer, index, shown, words)
    elif exchange.error is not None:
        reply = f'<div class="reply failure" role="alert">{_label("error", escape(exchange.error), words)}</div>'
    else:
        reply = f'<div class="reply pending">{_render_pending(exchange, words)}</div>'
    return f'<li class="turn">{question}{reply}</li>'


def _render_pending(exchange: Exchange, words: Words) -> str:
    """Say what goes on; below it stands what a model has written so far."""
    draft = f'<span class="draft">{escape(exchange.draft)}</span>' if exchange.draft else ""
    return f'{escape(words["writing" if draft else "searching"])}<span class="dots"></span>{draft}'


def _render_reply(answer: Answer, index: int, shown: bool, words: Words) -> str:
    text = words["no_answer"] if answer.text is None else answer.text
    citation = answer.citation
    source = "" if citation is None else f'<span class="source">{_render_path(citation.title, citation.heading)}</span>'
    kind = "reply none" if answer.text is None else "reply"
    return (
        f'<button type="button" class="{kind}" data-turn="{index}" aria-pressed="{str(shown).lower()}"'
        f' title="{escape(words["show_evidence"])}">'
        f'<span class="who">{escape(words["system"])}</span><span class="text">{escape(text)}</span>{source}</button>'
    )


def _render_verdict(answer: Answer, words: Words) -> str:
    percent = format_percent(answer.confidence)
    bar = _render_bar(answer.confidence)
    if answer.text is None:
        return (
            f'<p class="verdict none">{escape(words["no_answer"])}</p>'
            f'<p class="confidence">{escape(words["no_answer_confidence"])} {percent}{bar}</p>'
            f'<p class="note">{escape(words["no_answer_nearest"])}</p>'
        )
    level = "high" if answer.confidence >= HIGH_CONFIDENCE else "medium"
    level = level if answer.confidence >= MEDIUM_CONFIDENCE else "low"
    said = escape(answer.text) if answer.generated is None else render_written(answer.generated)
    return (
        f'<p class="verdict">{said}</p>'
        f'<p class="confidence {level}">'
        f"{_label('confidence', escape(words[f'confidence_{level}']), words)} {percent}{bar}</p>"
    )


def _render_citation(answer: Answer, words: Words) -> str:
    citation = answer.citation
    if citation is None:
        return ""
    page = "" if citation.page is None else f" · {escape(words['page'].format(page=citation.page))}"
    place = words["place"].format(start=f"{citation.start + 1:,}", end=f"{citation.end:,}")
    return (
        f'<figure class="citation"><blockquote lang="ja">{_render_quote(answer.passages, citation, words)}</blockquote>'
        f"<figcaption>{_label('citation', _render_path(citation.title, citation.heading), words)}{page}"
        f' <span class="note">{escape(place)}</span></figcaption></figure>'
    )


def _render_quote(passages: Sequence[Passage], citation: Citation, words: Words) -> str:
    """Quote the sentence the answer stands in, with the answer marked."""
    for passage in passages:
        if (
            passage.document_id == citation.document_id
            and passage.start <= citation.start < citation.end <= passage.end
        ):
            break
    else:
        return f'<mark class="answer">{escape(citation.text)}</mark>'
    start, end = citation.start, citation.end
    for sentence_start, sentence_end in split_sentences(passage.text):
        if passage.start + sentence_start < citation.end and passage.start + sentence_end > citation.start:
            start = min(start, passage.start + sentence_start)
            end = max(end, passage.start + sentence_end)
    text = passage.text[start - passage.start : end - passage.start]
    quote = Passage(citation.document_id, start, end, text, passage.score)
    mark = Mark(citation.document_id, citation.start, citation.end, "answer")
    return shade_passage(quote, Shades(), [mark], share_label=words["share"])


def _label(key: str, html: str, words: Words) -> str:
    """Put a word before HTML, with the colon of the language."""
    return f"{escape(words[key] + words['colon'])}{html}"


def _render_path(title: str, heading: Sequence[str]) -> str:
    below = heading[1:] if heading[:1] == (title,) else heading
    steps = "".join(f' <span class="step">›</span> {escape(label)}' for label in below)
    return f"<cite>{escape(title)}</cite>{steps}"


def _render_support(exchange: Exchange, answer: Answer, words: Words) -> str:
    if answer.generated is None or answer.no_answer:
        return _render_alternatives(answer, words)
    return render_sources(answer.generated, exchange.places, words)


def _render_alternatives(answer: Answer, words: Words) -> str:
    others, heading = (answer.spans, "candidates") if answer.no_answer else (answer.spans[1:], "alternatives")
    if not others:
        return ""
    items = "".join(
        f"<li><span>{escape(span.text)}</span> "
        f'<span class="note">{escape(words["probability"].format(probability=format_percent(span.probability)))}'
        f"</span></li>"
        for span in others
    )
    return f'<details class="alternatives"><summary>{escape(words[heading])}</summary><ol>{items}</ol></details>'


def _render_details(answer: Answer, words: Words, *, explaining: bool) -> str:
    stages = [("seconds_retrieve", answer.seconds.retrieve), ("seconds_read", answer.seconds.read)]
    if answer.explanation is not None:
        stages.append(("seconds_explain", answer.seconds.explain))
    times = " · ".join(words[key].format(seconds=f"{seconds:.2f}") for key, seconds in stages)
    waiting = f" · {words['looking']}" if explaining and answer.spans and answer.explanation is None else ""
    dots = '<span class="dots"></span>' if waiting else ""
    searched = ""
    if answer.search_question != answer.question:
        searched = f'<p class="note">{_label("searched_as", escape(answer.search_question), words)}</p>'
    return f'{searched}<p class="note">{_label("seconds", escape(times + waiting), words)}{dots}</p>'


def _render_legend(marks: Sequence[Mark], shades: Shades, unit: Unit, words: Words) -> str:
    kinds = dict.fromkeys(mark.kind for mark in marks)
    keys = "".join(
        f'<span class="key"><mark class="{kind}">{escape(words[f"legend_{kind}"])}</mark></span>' for kind in kinds
    )
    if not shades.sentences:
        return f'<p class="legend">{keys}</p>'
    strongest = shades.strongest if unit == "sentence" else shades.find_strongest_piece(marks)
    strong = words["legend_strong"].format(share=format_percent(strongest))
    scale = "".join(f'<span class="swatch" style="--gaze:{step / 4:.2f}"></span>' for step in range(5))
    return (
        f'<p class="legend">{keys}<span class="key">{escape(words["legend_weak"])}'
        f'<span class="scale" aria-hidden="true">{scale}</span>{escape(strong)}</span>'
        f'<span class="note">{escape(words["legend"])} {escape(words["legend_click"])}</span></p>'
    )


def _render_passage(
    number: int,
    passage: Passage,
    place: Place,
    hits: Sequence[Hit],
    shades: Shades,
    marks: Sequence[Mark],
    words: Words,
) -> str:
    page = "" if place.page is None else f" · {escape(words['page'].format(page=place.page))}"
    gaze = "".join(
        _render_share(span.score, words)
        for span in shades.passages
        if (span.document_id, span.start) == (passage.document_id, passage.start)
    )
    links = build_links(passage, place.references, number)
    text = shade_passage(passage, shades, marks, share_label=words["share"], links=links)
    return (
        f'<article class="passage" id="passage-{number}">'
        f"<header><span>[{number}] {_render_path(place.title, place.heading)}{page}</span>{gaze}</header>"
        f'<div class="text" lang="ja">{text}</div>{render_article(place.article, passage, words)}'
        f"{_render_reason(passage, hits, words)}{render_references(place.references, number)}</article>"
    )


def _render_share(share: float, words: Words) -> str:
    label = escape(words["share"].format(share=format_percent(share)))
    return f'<span class="gaze">{_render_bar(share)}{label}</span>'


def _render_bar(share: float) -> str:
    return f'<span class="bar" aria-hidden="true"><span style="width:{share * 100:.0f}%"></span></span>'


def _render_reason(passage: Passage, hits: Sequence[Hit], words: Words) -> str:
    inside = [
        hit
        for hit in hits
        if hit.document_id == passage.document_id and hit.start < passage.end and hit.end > passage.start
    ]
    reasons: list[str] = []
    for key, ranks in (
        ("found_words", [hit.lexical_rank for hit in inside if hit.lexical_rank is not None]),
        ("found_meaning", [hit.dense_rank for hit in inside if hit.dense_rank is not None]),
        ("found_reading", [hits.index(hit) + 1 for hit in inside if hit.rating is not None]),
    ):
        if ranks:
            reasons.append(words[key].format(rank=min(ranks)))
    terms = list(dict.fromkeys(term for hit in inside for term in hit.matched))
    if not reasons:
        return ""
    matched = "".join(f"<li>{escape(term)}</li>" for term in terms)
    listed = f'<ul class="terms">{matched}</ul>' if matched else ""
    return (
        f'<footer class="note"><span>{_label("found_by", escape(" · ".join(reasons)), words)}</span>{listed}</footer>'
    )


def _build_marks(answer: Answer) -> list[Mark]:
    """Mark what is cited, else the best span, whatever its probability, and the other candidates worth a look."""
    if answer.generated is not None and answer.generated.markers:
        return mark_sources(answer.generated)
    best: Kind = "candidate" if answer.text is None else "answer"
    return [
        Mark(span.document_id, span.start, span.end, best if index == 0 else "candidate")
        for index, span in enumerate(answer.spans)
        if index == 0 or span.probability >= MARKED_PROBABILITY
    ]


def _keep(fall: float) -> str:
    """Turn a fall of log-probability, in nats, into the share of the probability that is kept."""
    return format_percent(math.exp(-fall))

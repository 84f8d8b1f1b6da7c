"""The page of an error trace: one HTML file that needs neither server nor network nor scripts; all text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.datasets import Question
from rag.evaluation.rows import Figures
from rag.evaluation.tracing import FATES, RIGHT_FATES, Fate, Placement, count_fates, holds
from rag.explanation.shading import Kind, Mark, Shades, shade_passage
from rag.library.records import Answer
from rag.retrieval.hit import Passage
from rag.text.percent import format_percent

TEMPLATE = Path(__file__).parent / "assets" / "trace.html"
CONTEXT = 80
"""Characters shown on either side of an accepted answer."""
SHARE_LABEL = "視線の {share}"

LABELS: Mapping[Fate, tuple[str, str, str]] = {
    "right": ("正解", "right", "正解と同じとみなせる答えを返した"),
    "right_refusal": ("正しい保留", "rightly refused", "答えのない設問に「答えがない」と言った"),
    "not_retrieved": ("検索もれ", "not retrieved", "見つけた窓のどれも正解に触れていない"),
    "cut": ("窓で切断", "cut by a window", "見つけた窓のどれにも正解が丸ごとは入っていない"),
    "not_read": ("読まれず", "retrieved, not read", "見つけた窓には入っていたが、読んだ箇所にはない"),
    "wrongly_refused": ("誤った保留", "wrongly refused", "読んだ箇所に答えがあるのに「答えがない」と言った"),
    "other_passage": ("別の箇所", "another passage", "正解のある箇所も読んだが、別の箇所から答えた"),
    "wrong_span": ("別の語句", "wrong span", "正解のある箇所から、正解と重ならない語句を答えた"),
    "boundary": ("端のずれ", "boundary error", "答えが正解と重なるが、端が違う"),
    "wrongly_answered": ("余計な回答", "wrongly answered", "答えのない設問に答えた"),
}
"""Of each fate the name in Japanese and English, and what it means."""
SUMMARY = (("exact_match", "完全一致", "exact match"), ("f1", "F1", "character F1"))


@dataclass(frozen=True, slots=True)
class Trace:
    """One question and what became of it; `shades` are empty where the answer was not explained.

    `rank` is that of the first window with an accepted answer, as far down as was looked.
    """

    question: Question
    answer: Answer
    placement: Placement
    rank: int | None
    shades: Shades


def write_trace(path: Path, traces: Sequence[Trace], *, documents: Mapping[str, Document], figures: Figures) -> None:
    """Write the page of an error trace: totals that filter, and each question with what was read and looked at.

    Args:
        path: The HTML file.
        traces: In the order of the questions.
        documents: All documents, by id.
        figures: Of the same questions; "exact_match" and "f1" are shown.

    Raises:
        DatasetError: The file cannot be written.
    """
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        rules="\n".join(_write_rule(fate) for fate in FATES),
        figures=_render_figures(traces, figures),
        totals=_render_totals(traces),
        scale="".join(f'<span class="swatch" style="--gaze:{step / 4:.2f}"></span>' for step in range(5)),
        cases="\n".join(_render_case(trace, documents) for trace in traces),
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written ({error.strerror}); give a folder to write to") from error


def _write_rule(fate: Fate) -> str:
    hidden = f"body:has(#only-{fate}:checked) .case:not(.{fate})"
    return (
        hidden
        + (f", body:has(#only-wrong:checked) .case.{fate}" if fate in RIGHT_FATES else "")
        + " { display: none; }"
    )


def _render_figures(traces: Sequence[Trace], figures: Figures) -> str:
    answerable = sum(bool(trace.question.answers) for trace in traces)
    shown = [
        f'<span title="questions">設問 <b>{len(traces)}</b></span>',
        f'<span title="answerable">答えのある設問 <b>{answerable}</b></span>',
    ]
    for key, name, english in SUMMARY:
        shown.append(f'<span title="{english}">{name} <b>{figures[key]:.1f}</b></span>')
    return "".join(shown)


def _render_totals(traces: Sequence[Trace]) -> str:
    counts = count_fates(trace.placement for trace in traces)
    wrong = sum(int(counts[fate]) for fate in FATES if fate not in RIGHT_FATES)
    rows = [_render_total("wrong", ("すべての誤り", "all errors", ""), wrong, len(traces), checked=True)]
    for fate in FATES:
        name, english, meaning = LABELS[fate]
        if fate == "wrongly_refused" and counts[fate]:
            meaning += f"（うち {counts['wrongly_refused_candidate_right']:.0f} 問は、最良の候補なら正解）"
        rows.append(_render_total(fate, (name, english, meaning), int(counts[fate]), len(traces)))
    return "\n".join(rows)


def _render_total(key: str, label: tuple[str, str, str], count: int, total: int, *, checked: bool = False) -> str:
    name, english, meaning = label
    share = count / total
    return (
        f'<tr{"" if count else " class=none"}><th scope="row"><label title="{english}">'
        f'<input type="radio" name="only" id="only-{key}"{" checked" if checked else ""}> {name}</label></th>'
        f'<td class="count">{count}</td><td class="share note" title="{format_percent(share)}">'
        f"{_render_bar(share, fine=key in RIGHT_FATES)} {format_percent(share)}</td>"
        f'<td class="meaning">{meaning}</td></tr>'
    )


def _render_case(trace: Trace, documents: Mapping[str, Document]) -> str:
    question, answer, fate = trace.question, trace.answer, trace.placement.fate
    name, english, _ = LABELS[fate]
    fine = " fine" if fate in RIGHT_FATES else ""
    wanted = " / ".join(dict.fromkeys(question.accepted)) or "（答えのない設問）"
    body = "" if fine else _render_evidence(trace, documents)
    return (
        f'<details class="case {fate}"><summary><span class="fate{fine}" title="{english}">{name}</span>'
        f'<span class="asked">{escape(question.text)}</span>'
        f'<span class="said">{_render_said(answer)}　<span class="note">正解：{escape(wanted)}</span></span></summary>'
        f'<div class="body">{_render_details(trace, wanted, documents)}{body}</div></details>'
    )


def _render_said(answer: Answer) -> str:
    said = '<span class="none">答えがない</span>' if answer.text is None else escape(answer.text)
    return f'{said} <span class="note">確信度 {format_percent(answer.confidence)}</span>'


def _render_details(trace: Trace, wanted: str, documents: Mapping[str, Document]) -> str:
    placement, answer = trace.placement, trace.answer
    rows = [
        ("文書", "document", escape(documents[trace.question.document_id].title)),
        ("正解", "accepted answers", escape(wanted)),
        ("システムの答え", "given answer", _render_said(answer)),
    ]
    if trace.question.answers:
        rows.append(("正解のある窓", "rank of the first window with the answer", _write_rank(trace)))
    if placement.candidate_right is not None:
        best = escape(answer.spans[0].text) if answer.spans else "なし"
        verdict = "正解" if placement.candidate_right else "誤り"
        rows.append(("最良の候補", "best candidate", f"{best}（出していれば{verdict}）"))
    rows.append(("設問", "question id", escape(trace.question.id)))
    items = "".join(f'<dt title="{english}">{name}</dt><dd>{value}</dd>' for name, english, value in rows)
    return f"<dl>{items}</dl>"


def _write_rank(trace: Trace) -> str:
    found = "見つからず" if trace.rank is None else f"検索の {trace.rank} 位"
    where = trace.placement.passage
    return f"{found}・{'読んだ箇所にはない' if where is None else f'読んだ箇所の {where} 番目'}"


def _render_evidence(trace: Trace, documents: Mapping[str, Document]) -> str:
    marks = build_marks(trace.question, trace.answer)
    question, parts = trace.question, []
    if question.answers and trace.placement.passage is None:
        wanted, document = question.answers[0], documents[question.document_id]
        start, end = max(wanted.start - CONTEXT, 0), min(wanted.end + CONTEXT, len(document.text))
        around = Passage(document.id, start, end, document.text[start:end], score=0.0)
        parts.append('<h3 title="where the answer stands">正解のある場所（読まれなかった）</h3>')
        parts.append(_render_passage(around, trace, marks, documents))
    parts.append('<h3 title="passages read">読んだ箇所</h3>')
    parts += [_render_passage(passage, trace, marks, documents) for passage in trace.answer.passages]
    return "".join(parts)


def _render_passage(passage: Passage, trace: Trace, marks: Sequence[Mark], documents: Mapping[str, Document]) -> str:
    gaze = "".join(
        f'<span class="gaze">{_render_bar(span.score)}{SHARE_LABEL.format(share=format_percent(span.score))}</span>'
        for span in trace.shades.passages
        if (span.document_id, span.start, span.end) == (passage.document_id, passage.start, passage.end)
    )
    right = holds(passage, trace.question)
    place = f"{passage.start + 1:,}〜{passage.end:,} 字目{'・正解を含む' if right else ''}"
    text = shade_passage(passage, trace.shades, marks, share_label=SHARE_LABEL)
    return (
        f'<article class="passage{" holding" if right else ""}"><header><span>'
        f'{escape(documents[passage.document_id].title)} <span class="note">{place}</span></span>{gaze}</header>'
        f'<div class="text">{text}</div></article>'
    )


def _render_bar(share: float, *, fine: bool = False) -> str:
    width = f"width:{share * 100:.0f}%"
    return f'<span class="bar{" fine" if fine else ""}" aria-hidden="true"><span style="{width}"></span></span>'


def build_marks(question: Question, answer: Answer) -> list[Mark]:
    """Mark the best span and the accepted ones; what they share is "agreed", and no two marks overlap."""
    said: Kind = "candidate" if answer.text is None else "answer"
    given = {(span.document_id, place) for span in answer.spans[:1] for place in range(span.start, span.end)}
    wanted = {(question.document_id, place) for span in question.answers for place in range(span.start, span.end)}
    kinds: dict[tuple[str, int], Kind] = {
        place: said if place not in wanted else "agreed" if place in given else "accepted" for place in given | wanted
    }
    marks: list[Mark] = []
    for document_id, place in sorted(kinds):
        kind = kinds[document_id, place]
        if marks and (marks[-1].document_id, marks[-1].end, marks[-1].kind) == (document_id, place, kind):
            marks[-1] = Mark(document_id, marks[-1].start, place + 1, kind)
        else:
            marks.append(Mark(document_id, place, place + 1, kind))
    return marks

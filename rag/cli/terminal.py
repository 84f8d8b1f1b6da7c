"""What a person sees in the terminal; results go to standard output, progress and errors to standard error."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from rag.cli.records import HEADING_SEPARATOR, Titles

if TYPE_CHECKING:
    from pathlib import Path

    from rag.evaluation.rows import Figures, Report
    from rag.explanation.explanation import Explanation
    from rag.ingest.ingest import IngestProgress, IngestReport, IngestStep
    from rag.ingest.repair import RepairReport
    from rag.ingest.sync import SyncReport
    from rag.library.records import Answer, DocumentEntry
    from rag.reading.answer import Generated
    from rag.retrieval.hit import Hit

output = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

REFERENCE_LENGTH = 60
"""Characters shown of a provision that is referred to."""
SHADES = ("", "on grey15", "on grey23", "on dark_goldenrod", "on gold3")


def keep_models_quiet() -> None:
    """Silence the loading bars and notices of the model libraries; errors still come as exceptions."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def accept_any_text() -> None:
    """Write what the encoding of the output lacks as escapes: names of files may hold bytes that are no text."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def show_error(message: str, *, as_json: bool) -> None:
    """Print an error; with --json as an object on standard error."""
    if as_json:
        messages.print(json.dumps({"error": message}, ensure_ascii=False), markup=False, soft_wrap=True)
    else:
        messages.print(f"[bold red]エラー / error:[/] {escape(message)}", soft_wrap=True)


def show_interruption(command: str, *, goes_on: bool = False) -> None:
    """Say that Ctrl-C was heard, and where it does that the same command goes on from there."""
    if command == "serve":
        messages.print("終了しました / stopped")
    elif command in {"ingest", "sync"}:
        messages.print("中断しました。ここまでに取り込んだ文書は残っています / interrupted; what is in is kept")
    elif goes_on:
        messages.print("中断しました。同じコマンドで続きから測ります / interrupted; the same command goes on")
    else:
        messages.print("中断しました / interrupted")


def print_address(url: str) -> None:
    """Say where the page is."""
    output.print(f"画面: [bold]{escape(url)}[/]  終えるには Ctrl-C / page; Ctrl-C to stop", soft_wrap=True)


def _build_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
    )


@contextmanager
def show_ingest(*, visible: bool) -> Iterator[IngestProgress | None]:
    """Show a bar of files while documents are taken in."""
    if not visible:
        yield None
        return
    with _build_bar() as bar:
        task = bar.add_task("取り込み / ingest", total=None)

        def update(step: IngestStep) -> None:
            bar.update(task, description=escape(step.describe()), completed=step.done, total=step.total or None)

        yield update


@contextmanager
def show_count(*, visible: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar of items done."""
    if not visible:
        yield None
        return
    with _build_bar() as bar:
        task = bar.add_task("計測 / measuring", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_ingest(report: IngestReport) -> None:
    """Print what went in and what did not."""
    output.print(
        f"追加 {len(report.added)}・更新 {len(report.updated)}・変更なし {len(report.unchanged)}・"
        f"失敗 {len(report.failed)} / added, updated, unchanged, failed",
        soft_wrap=True,
    )
    output.print(
        f"文書 {report.documents:,}・窓 {report.chunks:,}・文字 {report.characters:,} / documents, windows, characters "
        f"({report.seconds:.1f} s)",
        soft_wrap=True,
    )
    if report.removed:
        output.print(f"書庫から消えていた {len(report.removed)} 件を除きました / removed: gone from their container")
    for failure in report.failed:
        messages.print(f"[red]✗[/] {escape(failure.error)}", soft_wrap=True)


def print_sync(report: SyncReport, *, dry_run: bool) -> None:
    """Print what became of the files of a folder, or would."""
    for mark, lines in (
        ("[green]+[/]", report.added),
        ("[yellow]~[/]", report.updated),
        ("[cyan]→[/]", [f"{move.origin} → {move.target}" for move in report.moved]),
        ("[red]-[/]", report.removed),
    ):
        for line in lines:
            output.print(f"{mark} {escape(line)}", soft_wrap=True)
    output.print(
        f"追加 {len(report.added)}・更新 {len(report.updated)}・移動 {len(report.moved)}・削除 {len(report.removed)}・"
        f"変更なし {len(report.unchanged)}・失敗 {len(report.failed)} / added, updated, moved, removed, unchanged, "
        f"failed ({report.seconds:.1f} s)" + ("  試しただけです / dry run, nothing was changed" if dry_run else ""),
        soft_wrap=True,
    )
    for failure in report.failed:
        messages.print(f"[red]✗[/] {escape(failure.error)}", soft_wrap=True)


def print_watching(folder: Path) -> None:
    """Say that a folder is followed."""
    messages.print(f"{escape(str(folder))} を追います。終えるには Ctrl-C / following; Ctrl-C to stop", soft_wrap=True)


def print_repair(report: RepairReport) -> None:
    """Print what was mended and what is left."""
    for line in report.done:
        output.print(f"[green]✓[/] {escape(line)}", soft_wrap=True)
    print_problems(report.left)


def print_tags(title: str, tags: Mapping[str, str]) -> None:
    """Print the tags of a document."""
    output.print(escape(f"{title}: {_join(tags) or '札なし / no tags'}"), soft_wrap=True)


def _join(tags: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in tags.items())


def print_documents(entries: Sequence[DocumentEntry]) -> None:
    """Print the list of documents."""
    table = Table(
        Column("ID", no_wrap=True, min_width=16),
        Column("題名 / title", overflow="fold"),
        "文字",
        "窓",
        "追加",
        Column("元 / source", overflow="fold"),
        box=None,
    )
    for entry in entries:
        table.add_row(
            entry.id,
            escape(entry.title),
            f"{entry.characters:,}",
            f"{entry.chunks:,}",
            f"{datetime.fromisoformat(entry.added).astimezone():%Y-%m-%d %H:%M}",
            escape(f"{entry.source} {_join(entry.tags)}".rstrip()),
        )
    output.print(table)


def print_problems(problems: Sequence[str], *, recall: float = 1.0) -> None:
    """Print what a check of the library found, and how much approximate search finds where it is in use."""
    if recall < 1:
        output.print(f"意味の検索は近似で、上位 10 件の {recall:.1%} を見つけます / search by meaning is approximate")
    if not problems:
        output.print("[green]✓[/] 問題はありません / clean")
    for problem in problems:
        output.print(f"[red]✗[/] {escape(problem)}", soft_wrap=True)


def print_report(report: Report) -> None:
    """Print the figures of an evaluation, what it found, and where its page is."""
    print_figures(report.figures)
    for name, finding in report.findings.items():
        text = finding if isinstance(finding, str) else json.dumps(finding, ensure_ascii=False)
        output.print(f"{escape(name)}: {escape(text)}", soft_wrap=True)
    if report.folder is not None:
        output.print(f"報告 / report: {escape(str(report.folder / 'index.html'))}", soft_wrap=True)


def print_figures(figures: Figures) -> None:
    """Print evaluation figures, those of a group behind the group's name."""
    table = Table("", "", box=None, show_header=False)
    for name, value in _flatten(figures):
        table.add_row(
            escape(name), f"{value:,}" if isinstance(value, int) else "-" if value is None else f"{value:.4f}"
        )
    output.print(table)


def _flatten(figures: Figures, group: str = "") -> Iterator[tuple[str, float | None]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{group}{name} ")
        else:
            yield f"{group}{name}", value


def print_hits(hits: Sequence[Hit], titles: Titles) -> None:
    """Print search hits, the matched words highlighted."""
    if not hits:
        output.print("[yellow]見つかりませんでした / nothing found[/]")
    for rank, hit in enumerate(hits, 1):
        where = f"{titles(hit.document_id)} [{hit.start}:{hit.end}]"
        reasons = f"意味 {hit.dense_rank or '-'}位・語 {hit.lexical_rank or '-'}位"
        reasons += "" if hit.rating is None else f"・読解 {hit.rating:.1f}"
        output.print(f"[bold]{rank}. {escape(where)}[/]  [dim]{hit.score:.4f} {reasons}[/]", soft_wrap=True)
        text = Text(hit.text)
        text.highlight_words(sorted(hit.matched, key=len, reverse=True), style="bold yellow")
        output.print(text, soft_wrap=True)
        output.print()


def follow_answer(steps: Iterator[str | Answer], *, visible: bool) -> Answer:
    """Show an answer as it is written, where there is a terminal; the draft makes room for the whole. Return that."""
    draft = Text()
    with Live(draft, console=output, transient=True) if visible and output.is_terminal else nullcontext():
        while isinstance(step := next(steps), str):
            draft.append(step)
        return step


def print_answer(answer: Answer, titles: Titles) -> None:
    """Print an answer, its place and, when there is one, the explanation."""
    output.print(f"[bold cyan]問[/] {escape(answer.question)}", soft_wrap=True)
    if answer.text is None:
        output.print(
            "[bold yellow]答[/] 文書の中に答えが見つかりませんでした / not found in the documents", soft_wrap=True
        )
    else:
        output.print(
            f"[bold green]答[/] [bold]{escape(_choose_words(answer))}[/]  [dim]確信度 {answer.confidence:.0%}[/]",
            soft_wrap=True,
        )
    if answer.generated is not None:
        _print_sources(answer.generated, titles)
    _print_place(answer, titles)
    if answer.explanation is not None:
        _print_explanation(answer.explanation)
    seconds = answer.seconds
    output.print(f"[dim]検索 {seconds.retrieve:.2f} s・読解 {seconds.read:.2f} s・説明 {seconds.explain:.2f} s[/]\n")


def _choose_words(answer: Answer) -> str:
    """Return the answer with the numbers it cites, where it has any."""
    return answer.generated.text if answer.generated is not None else answer.text or ""


def _print_sources(generated: Generated, titles: Titles) -> None:
    for number, span in dict.fromkeys((marker.passage + 1, marker.span) for marker in generated.markers):
        where = f"[{number}] {titles(span.document_id)} [{span.start}:{span.end}]"
        output.print(f"[dim]{escape(where)}[/] {escape(' '.join(span.text.split()))}", soft_wrap=True)


def _print_place(answer: Answer, titles: Titles) -> None:
    if answer.citation is not None:
        page = f" p.{answer.citation.page}" if answer.citation.page else ""
        heading = HEADING_SEPARATOR.join(answer.citation.heading)
        output.print(f"[dim]出典 {escape(answer.citation.title)}{page} {escape(heading)}[/]", soft_wrap=True)
        for reference in answer.citation.references:
            for target in reference.targets:
                words = " ".join(target.text.split())
                shown = words if len(words) <= REFERENCE_LENGTH else f"{words[:REFERENCE_LENGTH]}…"
                output.print(f"[dim]参照 {escape(f'{reference.text} → {target.label}　{shown}')}[/]", soft_wrap=True)
    if not answer.spans:
        return
    if answer.text is None:
        output.print("[dim]いちばん近い箇所。答えとは限りません / the nearest passage, not an answer[/]")
    best = answer.spans[0]
    for passage in answer.passages:
        if passage.document_id == best.document_id and passage.start <= best.start and best.end <= passage.end:
            text = Text(passage.text)
            text.stylize(
                "bold black on green" if answer.text else "bold", best.start - passage.start, best.end - passage.start
            )
            where = f"{titles(passage.document_id)} [{passage.start}:{passage.end}]"
            output.print(f"[dim]{escape(where)}[/]", soft_wrap=True)
            output.print(text, soft_wrap=True)


def _print_explanation(explanation: Explanation) -> None:
    output.print("[bold]注目した文 / where the reader looked[/]")
    highest = max((sentence.score for sentence in explanation.sentences), default=0.0) or 1.0
    for sentence in sorted(explanation.sentences, key=lambda sentence: -sentence.score)[:5]:
        shade = SHADES[round(sentence.score / highest * (len(SHADES) - 1))]
        line = Text(f"{sentence.score:6.1%} ")
        line.append(" ".join(sentence.text.split()), style=shade)
        output.print(line, soft_wrap=True)
    if explanation.removal is not None:
        output.print(
            f"[dim]除去検査: 注目した文を除くと対数確率が {explanation.removal.attended:.2f} 下がり、"
            f"無作為な文では {explanation.removal.random:.2f} 下がる / removal check[/]",
            soft_wrap=True,
        )
        if explanation.removal.verdict == "parted":
            output.print("[yellow]注目と根拠が一致しません / attention and grounds do not agree[/]")

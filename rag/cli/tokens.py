"""The `rag tokens` subcommand."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from rag.cli.terminal import output, print_json, show_count
from rag.config.settings import Settings
from rag.documents.document import Document
from rag.documents.loading import find_files, load_documents
from rag.documents.unpacking import Unread
from rag.errors import ArgumentError, DocumentError
from rag.evaluation.datasets import Dataset, load_samples, load_squad
from rag.evaluation.tokenization import (
    Distribution,
    Tokenization,
    TokenizerFigures,
    compare_tokenizers,
    group_tokens,
    measure_tokenizer,
)
from rag.evaluation.tokenizers import MORPHEMES, TextTokenizer, open_tokenizer
from rag.ui.words import load_words

BORDER, CUT = "│", "╎"
"""Between two tokens; where an answer begins or ends inside one."""


def run_tokens(given: Namespace, settings: Settings) -> None:
    """Cut a text, or measure documents, by several tokenizers and print what comes of it.

    Raises:
        ArgumentError: An answer without a text; a text without the answer.
        ModelError: A tokenizer cannot be loaded.
        DocumentError: A document cannot be read.
        DatasetError: The file of questions cannot be read, or there is no text to measure.
    """
    if given.answer is not None and given.text is None:
        raise ArgumentError(f"{given.answer!r}: --answer には文章 TEXT が要ります / --answer needs a TEXT: give one")
    chosen = given.docs or given.squad
    dataset = _load_dataset(given) if chosen else load_samples()
    texts = [document.text for document in dataset.documents.values()]
    names = dict.fromkeys((settings.reader, *given.tokenizer, MORPHEMES))
    tokenizers = [open_tokenizer(name, texts=texts) for name in names]
    rows = [] if given.text is None else compare_tokenizers(given.text, tokenizers, answer=given.answer)
    measured = chosen or given.text is None
    figures = _measure(tokenizers, dataset, visible=not given.quiet) if measured else []
    if given.json:
        content = {
            "text": given.text,
            "tokenizations": [_describe_row(row) for row in rows],
            "corpus": [asdict(each) for each in figures],
        }
        print_json(content)
        return
    _print_algorithms(tokenizers)
    if rows:
        _print_rows(rows)
    if figures:
        _print_figures(figures)


def _load_dataset(given: Namespace) -> Dataset:
    asked = load_squad(given.squad)
    documents = {document.id: document for path in find_files(given.docs) for document in _read(path)}
    return Dataset({**asked.documents, **documents}, asked.questions)


def _read(path: Path) -> Iterator[Document]:
    for found in load_documents(path):
        if isinstance(found, Unread):
            raise DocumentError(found.error)
        if isinstance(found, Document):
            yield found


def _measure(tokenizers: Sequence[TextTokenizer], dataset: Dataset, *, visible: bool) -> list[TokenizerFigures]:
    figures: list[TokenizerFigures] = []
    with show_count(visible=visible) as progress:
        for tokenizer in tokenizers:
            figures.append(measure_tokenizer(tokenizer, dataset))
            if progress is not None:
                progress(len(figures), len(tokenizers))
    return figures


def _describe_row(row: Tokenization) -> dict[str, object]:
    places = zip(row.tokens.starts.tolist(), row.tokens.ends.tolist(), row.tokens.unknown.tolist(), strict=True)
    return {
        "tokenizer": row.tokenizer,
        "algorithm": row.algorithm,
        "vocabulary": row.vocabulary,
        "fertility": row.fertility,
        "unknown": row.unknown,
        "tokens": [
            {"start": start, "end": end, "text": row.text[start:end], "unknown": unknown}
            for start, end, unknown in places
        ],
        "answers": [
            {**asdict(fit), "reachable": fit.reachable, "nearest": row.text[fit.nearest_start : fit.nearest_end]}
            for fit in row.answers
        ],
    }


def _print_algorithms(tokenizers: Iterable[TextTokenizer]) -> None:
    words = load_words("ja")
    for tokenizer in tokenizers:
        algorithm = words[f"algorithm_{tokenizer.algorithm}"]
        output.print(
            f"[bold]{escape(tokenizer.name)}[/]  {algorithm}・語彙 {tokenizer.vocabulary:,} / vocabulary",
            soft_wrap=True,
        )
        output.print(f"  [dim]{words[f'algorithm_{tokenizer.algorithm}_how']}[/]", soft_wrap=True)
    output.print()


def _print_rows(rows: Iterable[Tokenization]) -> None:
    for row in rows:
        output.print(
            f"[bold]{escape(row.tokenizer)}[/]  {len(row.tokens.starts):,} トークン・1 字あたり {row.fertility:.2f}・"
            f"未知 {row.unknown:,} / tokens, per character, unknown",
            soft_wrap=True,
        )
        output.print(_draw(row), soft_wrap=True)
        for fit in row.answers:
            if not fit.reachable:
                nearest = row.text[fit.nearest_start : fit.nearest_end]
                output.print(
                    f"  [red]{CUT}[/] 答えの端がトークンの中。選べるいちばん短い範囲は「{escape(nearest)}」 / "
                    "the answer ends inside a token; the shortest span there is",
                    soft_wrap=True,
                )
        output.print()


def _draw(row: Tokenization) -> Text:
    """Draw a text with its borders: tokens that share characters as one with their number, unknown ones in red."""
    cuts = {fit.start for fit in row.answers if not fit.starts_token}
    cuts |= {fit.end for fit in row.answers if not fit.ends_token}
    answers = {place for fit in row.answers for place in range(fit.start, fit.end)}
    pieces = group_tokens(row.tokens)
    borders = {piece.end for piece in pieces[:-1]}
    shared = {piece.end: piece.tokens for piece in pieces if piece.tokens > 1}
    unknown = {place for piece in pieces if piece.unknown for place in range(piece.start, piece.end)}
    drawn = Text("  ")
    for place, character in enumerate(row.text):
        if place in cuts:
            drawn.append(CUT, style="bold red")
        style = "red" if place in unknown else ""
        drawn.append(character, style=f"{style} bold underline" if place in answers else style)
        if place + 1 in shared:
            drawn.append(f"×{shared[place + 1]}", style="dim")
        if place + 1 in borders and place + 1 not in cuts:
            drawn.append(BORDER, style="dim")
    return drawn


def _print_figures(figures: Sequence[TokenizerFigures]) -> None:
    output.print(
        f"文書 {figures[0].documents:,}・文字 {figures[0].characters:,}・答え {figures[0].answers:,} / "
        "documents, characters, answers",
        soft_wrap=True,
    )
    lines: dict[str, Callable[[TokenizerFigures], str]] = {
        "トークン": lambda each: f"{each.tokens:,}",
        "1 字あたり": lambda each: f"{each.fertility:.3f}",
        "未知": lambda each: f"{each.unknown_rate:.2%}",
        "届かない答え": lambda each: "-" if each.unreachable_rate is None else f"{each.unreachable_rate:.1%}",
        "文書ごとの 1 字あたり": lambda each: _write(each.document_fertility, ".3f"),
        "文書ごとのトークン": lambda each: _write(each.document_tokens, ",.0f"),
    }
    headings = [Column(escape(each.tokenizer), overflow="fold", justify="right") for each in figures]
    table = Table(Column("", no_wrap=True), *headings, box=None)
    for label, write in lines.items():
        table.add_row(label, *map(write, figures))
    output.print(table)
    output.print(
        "[dim]届かない答え: 端がトークンの中にあり、ちょうどには選べない答え。文書ごと: 最小・中央値・最大 / "
        "answers that end inside a token; least, median and greatest document[/]",
        soft_wrap=True,
    )


def _write(figure: Distribution, shape: str) -> str:
    return "\n".join(format(value, shape) for value in (figure.least, figure.median, figure.greatest))

"""Running of the subcommands."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli import losses, report, terminal, upkeep
from rag.cli.exit_codes import DONE, INPUT_ERROR, INTERRUPTED, NOTHING_FOUND
from rag.cli.opening import open_library
from rag.cli.parser import build_parser
from rag.cli.records import describe_answer, describe_document, describe_hit, describe_ingest, describe_report
from rag.config.settings import Settings, load_settings
from rag.documents.losses import LossEntry
from rag.errors import ArgumentError, DocumentError, RagError
from rag.index.tags import parse_tags

if TYPE_CHECKING:
    from rag.documents.pdf_places import Box
    from rag.library.library import Library
    from rag.library.records import Answer, Turn

SETTING_ARGUMENTS = (
    "library",
    "embedder",
    "reader",
    "size",
    "stride",
    "unit",
    "boundary",
    "context",
    "pooling",
    "mode",
    "widen",
    "conversation",
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one `rag` command and return its exit code."""
    given = build_parser().parse_args(arguments)
    terminal.keep_models_quiet()
    terminal.accept_any_text()
    try:
        settings = load_settings(
            arguments={name: getattr(given, name, None) for name in SETTING_ARGUMENTS}, config_file=given.config
        )
        code = COMMANDS[given.command](given, settings)
        sys.stdout.flush()  # a reader that is gone is met here, not at exit
        return code
    except RagError as error:
        terminal.show_error(str(error), as_json=given.json)
        return INPUT_ERROR
    except KeyboardInterrupt:
        terminal.show_interruption(given.command, goes_on=hasattr(given, "out"))
        return INTERRUPTED
    except BrokenPipeError:  # as of `rag documents | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:  # a full disk, a folder that may not be read
        terminal.show_error(f"{error.filename or '出力 / output'}: {error.strerror or error}", as_json=given.json)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what could not be written is not tried again
        return INPUT_ERROR


def _titles(library: Library) -> Callable[[str], str]:
    return cache(lambda document_id: library.document(document_id).title)


def _ingest(given: Namespace, settings: Settings) -> int:
    with open_library(settings, create=True) as library, terminal.show_ingest(visible=not given.quiet) as progress:
        found = library.add(given.paths, tags=parse_tags(given.tag), progress=progress)
    if given.json:
        terminal.print_json(describe_ingest(found))
    else:
        terminal.print_ingest(found)
        losses.print_losses(found.losses)
    return INPUT_ERROR if found.failed else DONE


def _documents(given: Namespace, settings: Settings) -> int:
    with open_library(settings) as library:
        entries = library.documents()
    if given.json:
        terminal.print_json({"documents": [describe_document(entry) for entry in entries]})
    elif given.losses:
        losses.print_losses([LossEntry(entry.source, entry.title, entry.losses) for entry in entries], every=True)
    else:
        terminal.print_documents(entries)
    return DONE


def _remove(given: Namespace, settings: Settings) -> int:
    with open_library(settings) as library:
        title = library.document(given.document).title
        library.remove(given.document)
    if given.json:
        terminal.print_json({"removed": given.document, "title": title})
    else:
        print(f"削除しました / removed: {title} ({given.document})")
    return DONE


def _search(given: Namespace, settings: Settings) -> int:
    with open_library(settings) as library:
        hits = library.search(
            given.question, k=given.k, documents=given.document, where=given.where, widen=given.widen or "none"
        )
        titles = _titles(library)
        if given.json:
            terminal.print_json({"hits": [describe_hit(hit, titles) for hit in hits]})
        else:
            terminal.print_hits(hits, titles)
    return DONE if hits else NOTHING_FOUND


def _ask(given: Namespace, settings: Settings) -> int:
    history = _read_history(given.history)
    with open_library(settings) as library:
        steps = library.stream(given.question, history=history, k=given.k, documents=given.document, where=given.where)
        answer = terminal.follow_answer(steps, visible=not given.json)
        if given.explain or given.method or given.thorough:
            answer = library.explain(answer, method=given.method, thorough=given.thorough)
        if given.json:
            terminal.print_json(describe_answer(answer, *_find_boxes(library, answer)))
        else:
            terminal.print_answer(answer, _titles(library))
    return NOTHING_FOUND if answer.no_answer else DONE


def _find_boxes(library: Library, answer: Answer) -> tuple[list[Box], str | None]:
    """Find the citation on the pages of a PDF, none where it is none; and say why not where the file has changed."""
    from rag.documents.pdf_places import has_boxes, locate_boxes
    from rag.ingest.apart import call_apart
    from rag.library.upkeep import build_limits

    if answer.citation is None:
        return [], None
    document = library.document(answer.citation.document_id)
    if not has_boxes(document):
        return [], None
    place, limits = (answer.citation.start, answer.citation.end), build_limits(library.settings)
    try:
        return call_apart(locate_boxes, document, *place, limits=limits), None
    except DocumentError as error:
        return [], str(error)


def _read_history(path: Path | None) -> list[Turn]:
    from rag.library.records import Turn

    if path is None:
        return []
    expected = 'a JSON list of {"question": ..., "answer": ...}'
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        return [Turn(str(turn["question"]), str(turn["answer"] or "")) for turn in content]
    except OSError as error:
        raise ArgumentError(
            f"{path}: cannot read the history ({error.strerror}); give a file with {expected}"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"{path}: expected {expected}, found {error!r}; mend the file") from error


def _demo(given: Namespace, settings: Settings) -> int:
    from rag.library.samples import DEMO_QUESTIONS, open_sample_library

    with terminal.show_ingest(visible=not given.quiet) as progress:
        library = open_sample_library(settings, progress=progress)
    with library:
        titles = _titles(library)
        answers = [library.explain(library.ask(question)) for question in DEMO_QUESTIONS]
        if given.json:
            terminal.print_json({"answers": [describe_answer(answer) for answer in answers]})
        else:
            for answer in answers:
                terminal.print_answer(answer, titles)
    return NOTHING_FOUND if all(answer.no_answer for answer in answers) else DONE


def _serve(given: Namespace, settings: Settings) -> int:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    from rag.library.samples import open_or_sample
    from rag.ui.page import launch

    with terminal.show_ingest(visible=not given.quiet) as progress:
        library = open_or_sample(settings, progress=progress)
    with library:
        launch(
            library,
            host=given.host,
            port=given.port,
            open_browser=not given.no_browser,
            started=terminal.print_address,
        )
    return DONE


def _attention(given: Namespace, settings: Settings) -> int:
    from rag.cli.attention import show_attention

    show_attention(given, settings)
    return DONE


def _evaluate(given: Namespace, settings: Settings) -> int:
    from rag.cli.evaluation import EVALUATIONS
    from rag.evaluation.rows import write_rows

    if given.rows is not None:
        write_rows(given.rows, ())  # a file that cannot be written is told now, not after an hour
    with terminal.show_count(visible=not given.quiet) as progress:
        found = EVALUATIONS[given.kind](given, settings, progress)
    if given.rows is not None:
        write_rows(given.rows, found.rows)
    if given.json:
        terminal.print_json(describe_report(found))
    else:
        terminal.print_report(found)
    return DONE


def _compare(given: Namespace, settings: Settings) -> int:
    from rag.cli.compare import run as run_comparison

    with terminal.show_count(visible=not given.quiet) as progress:
        found = run_comparison(given, settings, progress)
    if given.json:
        terminal.print_json(describe_report(found))
    else:
        terminal.print_report(found)
    return DONE


def _tokens(given: Namespace, settings: Settings) -> int:
    from rag.cli.tokens import run_tokens

    run_tokens(given, settings)
    return DONE


COMMANDS: dict[str, Callable[[Namespace, Settings], int]] = {
    "ingest": _ingest,
    "documents": _documents,
    "remove": _remove,
    "tag": upkeep.tag,
    "sync": upkeep.sync,
    "verify": upkeep.verify,
    "repair": upkeep.repair,
    "export": upkeep.export,
    "import": upkeep.import_,
    "search": _search,
    "ask": _ask,
    "demo": _demo,
    "serve": _serve,
    "attention": _attention,
    "evaluate": _evaluate,
    "compare": _compare,
    "tokens": _tokens,
    "report": report.run,
}

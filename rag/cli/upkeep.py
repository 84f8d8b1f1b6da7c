"""The subcommands that keep a library in order: tagging, following a folder, checking, mending, moving."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli import losses, terminal
from rag.cli.exit_codes import DONE, INPUT_ERROR, NOTHING_FOUND
from rag.cli.opening import open_library
from rag.cli.records import describe_sync
from rag.config.settings import Settings
from rag.errors import ArgumentError, RagError
from rag.index.tags import parse_tags

if TYPE_CHECKING:
    from rag.library.library import Library


def tag(given: Namespace, settings: Settings) -> int:
    """Tag a document, and show its tags."""
    if not (given.tags or given.remove):
        raise ArgumentError("no tag was given; write KEY=VALUE, or --remove KEY")
    with open_library(settings) as library:
        tags = library.tag(given.document, parse_tags(given.tags), remove=given.remove)
        title = library.document(given.document).title
    if given.json:
        terminal.print_json({"document": given.document, "title": title, "tags": tags})
    else:
        terminal.print_tags(title, tags)
    return DONE


def sync(given: Namespace, settings: Settings) -> int:
    """Make a library follow a folder, once or until Ctrl-C."""
    if given.watch and given.dry_run:
        raise ArgumentError("--watch and --dry-run exclude each other; leave one out")
    with open_library(settings, create=not given.dry_run) as library:
        if given.watch:
            _watch(given, library)
            return DONE
        with terminal.show_ingest(visible=not given.quiet) as progress:
            report = library.sync(given.folder, dry_run=given.dry_run, progress=progress)
    if given.json:
        terminal.print_json(describe_sync(report, dry_run=given.dry_run))
    else:
        terminal.print_sync(report, dry_run=given.dry_run)
        losses.print_losses(report.losses)
    return INPUT_ERROR if report.failed else DONE


def _watch(given: Namespace, library: Library) -> None:
    """Follow a folder; what goes wrong meanwhile (a drive that is away, another writer) is said, and tried again."""
    from rag.ingest.watching import watch

    told: set[str] = set()

    def synchronise() -> bool:
        try:
            with terminal.show_ingest(visible=not given.quiet) as progress:
                report = library.sync(given.folder, progress=progress)
        except RagError as error:
            if str(error) not in told:
                terminal.show_error(str(error), as_json=given.json)
            told.add(str(error))
            return False
        told.clear()
        if given.json:
            print(json.dumps(describe_sync(report, dry_run=False), ensure_ascii=False), flush=True)
        elif not report.is_idle:
            terminal.print_sync(report, dry_run=False)
            losses.print_losses(report.losses)
        return True

    terminal.print_watching(given.folder)
    watch(given.folder, synchronise)


def verify(given: Namespace, settings: Settings) -> int:
    """Check a library."""
    with open_library(settings) as library:
        problems = library.verify()
        recall = library.recall
    if given.json:
        terminal.print_json({"clean": not problems, "problems": problems, "dense_recall": recall})
    else:
        terminal.print_problems(problems, recall=recall)
    return NOTHING_FOUND if problems else DONE


def repair(given: Namespace, settings: Settings) -> int:
    """Mend a library, say what was done, and what could not be."""
    with open_library(settings) as library:
        report = library.repair()
    if given.json:
        terminal.print_json({"clean": not report.left, "done": list(report.done), "problems": list(report.left)})
    else:
        terminal.print_repair(report)
    return NOTHING_FOUND if report.left else DONE


def export(given: Namespace, settings: Settings) -> int:
    """Write a library into one file."""
    with open_library(settings) as library:
        lost = library.export(given.file, readable_only=given.readable)
    size = given.file.stat().st_size
    if given.json:
        terminal.print_json({"file": str(given.file), "bytes": size, "lost": lost})
    else:
        print(f"書き出しました / exported: {given.file} ({size:,} bytes)")
        for line in lost:
            terminal.show_error(line, as_json=False)
    return NOTHING_FOUND if lost else DONE


def import_(given: Namespace, settings: Settings) -> int:
    """Take an exported library in."""
    from rag.library.library import Library

    Library.import_(given.file, Path(settings.library), replace=given.replace)
    with open_library(settings) as library:
        totals = library.statistics()
    if given.json:
        terminal.print_json({"library": settings.library, "documents": totals.documents, "chunks": totals.chunks})
    else:
        print(f"入れました / imported: {settings.library}（文書 {totals.documents:,}・窓 {totals.chunks:,}）")
    return DONE

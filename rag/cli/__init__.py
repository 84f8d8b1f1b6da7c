"""The `rag` command."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> int:
    """Run the `rag` command; the exit code is 0 (done, answered), 1 (no answer, not clean) or 2 (input error)."""
    from rag.cli.command import run

    return run(arguments)

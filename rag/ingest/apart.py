"""One task in a process of its own: a file that is read again may take no more than when it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from rag.ingest.limits import ReadingLimits
from rag.ingest.process import WorkerProcess

T = TypeVar("T")


def call_apart(function: Callable[..., T], *arguments: Any, limits: ReadingLimits) -> T:
    """Call a function of this package in another process, and return or raise what it does.

    Raises:
        DocumentError: It went beyond the limits, or the process died over it.
    """
    process = WorkerProcess()
    result: T
    try:
        (result,) = process.start(_yield_result, function, *arguments, limits=limits)()
    finally:
        process.close()
        process.wait()
    return result


def _yield_result(function: Callable[..., T], *arguments: Any) -> Iterator[T]:
    yield function(*arguments)

"""A worker: a process that does one task after the other, each sent to it as a pickle."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

from rag.documents.heartbeat import listening

Answer = tuple[Literal["item", "alive", "end", "error"], Any]
"""What comes of a task: items one by one where it yields them, and at last its value or its exception.

Between them, signs of life (`rag.documents.heartbeat`).
"""


def work(tasks: BinaryIO, results: BinaryIO) -> None:
    """Do each `(function, arguments, memory)` until there are no more; `memory` is in bytes, or None for no bound."""
    baseline: int | None = None
    while True:
        try:
            function, arguments, memory = pickle.load(tasks)
        except EOFError:  # whoever started this process is done, or gone
            return
        if baseline is None:
            baseline = _measure_memory()  # after the import of what the first task needs
        last: Answer
        try:
            _limit_memory(None if memory is None else baseline + memory)
            with listening(lambda: _send(_pack(("alive", None)), results)):
                value = function(*arguments)
                if isinstance(value, Iterator):
                    for item in value:
                        _send(_pack(("item", item)), results)
                    value = None
            last = "end", value
        except Exception as error:  # noqa: BLE001
            last = "error", error
        _limit_memory(None)
        _send(_pack(last), results)
        del last


def _send(packed: bytes, results: BinaryIO) -> None:
    results.write(packed)
    results.flush()


def _pack(answer: Answer) -> bytes:
    value = answer[1]
    if isinstance(value, MemoryError):
        return pickle.dumps(("error", MemoryError()))  # and nothing that holds on to the frames it was raised in
    try:
        if isinstance(value, Exception):
            value.add_note("".join(traceback.format_exception(value)))
            packed = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
            pickle.loads(packed)  # exceptions with arguments of their own cannot always be made again
            return packed
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        reason = value if isinstance(value, Exception) else "not sendable"
        return pickle.dumps(("error", RuntimeError(f"{type(value).__name__}: {reason}")))


def _measure_memory() -> int:
    """Return the bytes of address space in use; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _limit_memory(size: int | None) -> None:
    """Let allocations beyond this address space fail, where the system has such a limit and says what is in use."""
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = resource.RLIM_INFINITY if size is None else size
    if hard != resource.RLIM_INFINITY:
        wanted = hard if wanted == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _volunteer() -> None:
    """Where the memory of the machine runs out, let the system end this process rather than the one that waits."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def main() -> None:
    """Work for the process at the other end of standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one says what happens
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not come between
    _volunteer()
    work(sys.stdin.buffer, results)


if __name__ == "__main__":
    main()

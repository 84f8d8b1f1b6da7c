"""A worker: a process that does one task after the other, each sent to it as a pickle."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import Any, BinaryIO


def work(tasks: BinaryIO, results: BinaryIO) -> None:
    """Answer each `(function, arguments)` with `(value, None)` or `(None, exception)`, until there are no more."""
    while True:
        try:
            function, arguments = pickle.load(tasks)
        except EOFError:  # whoever started this process is done, or gone
            return
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*arguments), None
        except Exception as error:  # noqa: BLE001
            answer = None, error
        results.write(_pack(answer))
        results.flush()


def _pack(answer: tuple[Any, Exception | None]) -> bytes:
    try:
        packed = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        if answer[1] is not None:
            pickle.loads(packed)  # exceptions with arguments of their own cannot always be made again
    except Exception:  # noqa: BLE001
        error = answer[1]
        packed = pickle.dumps((None, RuntimeError(f"{type(error or answer[0]).__name__}: {error or 'not sendable'}")))
    return packed


def main() -> None:
    """Work for the process at the other end of standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one says what happens
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not come between
    work(sys.stdin.buffer, results)


if __name__ == "__main__":
    main()

"""A worker process as the one that uses it sees it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from rag.errors import DocumentError
from rag.ingest.limits import ReadingLimits
from rag.ingest.worker import Answer

T = TypeVar("T")


class WorkerDeath(Exception):  # noqa: N818 - no error of the package: it never leaves this layer
    """The process ended over a task."""

    def __init__(self, code: int, *, timed_out: bool) -> None:
        super().__init__(code)
        self.code = code
        self.timed_out = timed_out


class WorkerProcess:
    """Does one task at a time in a process that is started when needed, and anew after it died.

    It is a plain interpreter fed through pipes: it neither inherits this process's threads nor runs its main module
    again, as `multiprocessing` would, and ends when this process ends, however it does. For one thread at a time; only
    `close` may come from another.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._timed_out = False
        self._closed = False

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Do a task, and return or raise what it does.

        Raises:
            WorkerDeath: The process died over it.
        """
        self._send(function, arguments, None)
        _, value = self._receive(None)
        if isinstance(value, Exception):
            raise value
        result: T = value
        return result

    def start(
        self, function: Callable[..., Iterator[T]], *arguments: Any, limits: ReadingLimits
    ) -> Callable[[], Iterator[T]]:
        """Begin a task that yields its results; what is returned gives them, and is to be asked for all of them.

        Raises:
            DocumentError: From what is returned: the task went beyond the limits, or the process died over it.
        """
        try:
            self._send(function, arguments, limits.memory)
        except WorkerDeath:  # it is no fault of this task, which was not begun
            self._send(function, arguments, limits.memory)

        def receive() -> Iterator[T]:
            while True:
                try:
                    kind, value = self._receive(limits.seconds)
                except WorkerDeath as death:
                    raise (limits.build_timeout() if death.timed_out else limits.build_death(death.code)) from None
                if kind == "end":
                    return
                if isinstance(value, MemoryError):
                    self._end()  # what is left of its memory is in pieces
                    raise limits.build_exhaustion()
                if kind == "error":
                    raise value
                yield value

        return receive

    def renew(self) -> None:
        """End the process, between two tasks: another one, without the memory that this one gathered, does the next."""
        self._end()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def wait(self) -> None:
        """Release what a closed process leaves behind."""
        self._end()

    def _send(self, function: Callable[..., object], arguments: tuple[Any, ...], memory: int | None) -> None:
        if self._closed:
            raise WorkerDeath(0, timed_out=False)
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = _start_process()
            self._timed_out = False
        try:
            if self._process.stdin is not None:
                pickle.dump((function, arguments, memory), self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._process.stdin.flush()
        except OSError as error:
            raise WorkerDeath(self._end(patience=1), timed_out=False) from error

    def _receive(self, seconds: float | None) -> Answer:
        """Wait for the next answer, and kill the process when it gives no sign of life for longer than this."""
        answer = self._receive_sign(seconds)
        while answer[0] == "alive":
            answer = self._receive_sign(seconds)
        return answer

    def _receive_sign(self, seconds: float | None) -> Answer:
        process = self._process
        if process is None or process.stdout is None:
            raise WorkerDeath(0, timed_out=False)
        timer = threading.Timer(seconds or 0, self._give_up, [process])
        timer.daemon = True
        if seconds is not None:
            timer.start()
        try:
            answer: Answer = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise WorkerDeath(self._end(patience=1), timed_out=self._timed_out) from error
        finally:
            timer.cancel()
        return answer

    def _give_up(self, process: subprocess.Popen[bytes]) -> None:
        self._timed_out = True
        process.kill()

    def _end(self, *, patience: float = 0) -> int:
        """End the process; return its exit code, its own if it ends by itself in as many seconds."""
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what it did not take any more
                    continue
        return code


def describe_death(death: WorkerDeath) -> DocumentError:
    """Build the error for a document over whose terms a process died."""
    return DocumentError(
        f"処理していたプロセスが終わりました（終了コード {death.code}）。メモリーを確かめ、この文書だけで"
        "試してください / "
        f"the process that worked on it ended (exit code {death.code}); check the memory, and try this document alone"
    )


def _start_process() -> subprocess.Popen[bytes]:
    places = os.pathsep.join(place for place in sys.path if place)  # the package may not be installed
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "rag.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": places},
    )

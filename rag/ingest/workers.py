"""Processes that read files and build terms beside the one that embeds and stores."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from rag.errors import DocumentError

T = TypeVar("T")
MOST_WORKERS = 8
"""Beyond these, the process that embeds and stores is what others wait for."""


class Workers:
    """Runs functions of this package in processes of their own; with a `count` of 0, in this one when asked for.

    They are plain interpreters fed through pipes: they neither inherit this process's threads nor run its main module
    again, as `multiprocessing` would, and end when this process ends, however it does.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker") if count else None
        self._local = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def start(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Have a task done, and return what waits for its result and raises what it raised.

        Raises:
            DocumentError: From what is returned: the process died over the task; the others go on.
        """
        if self._threads is None:
            return partial(function, *arguments)
        return self._threads.submit(self._run, function, arguments).result

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._closed = True
        for process in self._processes:
            process.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.communicate()

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """Do a task in this thread's process."""
        process: subprocess.Popen[bytes] | None = getattr(self._local, "process", None)
        if process is None or process.poll() is not None:
            process = self._local.process = _start_process()
            self._processes.append(process)
            if self._closed:
                process.kill()
        if process.stdin is None or process.stdout is None:
            raise ValueError("a worker without pipes")
        try:
            pickle.dump((function, arguments), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            value, error = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as broken:
            process.kill()
            raise DocumentError(
                f"処理していたプロセスが終わりました（終了コード {process.wait()}）。メモリーを確かめ、この文書だけで"
                "試してください / "
                f"the process that worked on it ended (exit code {process.wait()}); check the memory, and try this "
                "document alone"
            ) from broken
        if error is not None:
            raise error
        result: T = value
        return result


def count_workers() -> int:
    """Count the processes worth starting here: one for each core, none where there is one core only."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS) if cores > 1 else 0


def _start_process() -> subprocess.Popen[bytes]:
    places = os.pathsep.join(place for place in sys.path if place)  # the package may not be installed
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "rag.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": places},
    )

"""Processes that build terms beside the one that embeds and stores."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from rag.ingest.process import WorkerDeath, WorkerProcess, describe_death

T = TypeVar("T")
MOST_WORKERS = 8
"""Beyond these, the process that embeds and stores is what others wait for."""
LONGEST_WORK = 120.0
"""Seconds of work after which a process makes room for another: what it keeps, and the gaps in it, grow slowly."""


class Workers:
    """Runs functions of this package in processes of their own; with a `count` of 0, in this one when asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker") if count else None
        self._local = threading.local()
        self._processes: list[WorkerProcess] = []
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
            process.close()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.wait()

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """Do a task in this thread's process."""
        process: WorkerProcess | None = getattr(self._local, "process", None)
        if process is None:
            process = self._local.process = WorkerProcess()
            self._local.worked = 0.0
            self._processes.append(process)
            if self._closed:
                process.close()
        if self._local.worked > LONGEST_WORK:
            process.renew()
            self._local.worked = 0.0
        began = time.monotonic()
        try:
            return process.run(function, *arguments)
        except WorkerDeath as death:
            raise describe_death(death) from death
        finally:
            self._local.worked += time.monotonic() - began


def count_workers() -> int:
    """Count the processes worth starting here: one for each core, none where there is one core only."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS) if cores > 1 else 0

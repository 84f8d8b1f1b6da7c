from __future__ import annotations

import operator
import os
import signal
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from rag.errors import DocumentError
from rag.ingest.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    opened = Workers(2)
    yield opened
    opened.close()


def test_tasks_are_done_in_other_processes(workers: Workers) -> None:
    tasks = [workers.start(operator.add, "件", str(number)) for number in range(20)]
    assert [task() for task in tasks] == [f"件{number}" for number in range(20)]
    pids = {task() for task in [workers.start(os.getpid) for _ in range(4)]}
    assert pids
    assert os.getpid() not in pids


def test_errors_come_back_as_they_were(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError):
        workers.start(operator.truediv, 1, 0)()


def test_a_process_that_dies_takes_one_task_along(workers: Workers) -> None:
    task = workers.start(os._exit, 3)
    with pytest.raises(DocumentError, match="exit code 3"):
        task()
    assert [each() for each in [workers.start(operator.add, number, 1) for number in range(6)]] == [1, 2, 3, 4, 5, 6]


def test_a_process_that_worked_for_long_makes_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Workers(1)) as workers:
        first = workers.start(os.getpid)()
        assert workers.start(os.getpid)() == first
        monkeypatch.setattr("rag.ingest.workers.LONGEST_WORK", 0.0)
        assert workers.start(os.getpid)() != first
        assert not psutil.pid_exists(first)


def test_ctrl_c_does_not_end_workers(workers: Workers) -> None:
    pid = workers.start(os.getpid)()
    os.kill(pid, signal.SIGINT)
    assert workers.start(operator.add, 1, 2)() == 3
    assert psutil.pid_exists(pid)


def test_closing_ends_the_processes() -> None:
    workers = Workers(2)
    pids = {task() for task in [workers.start(os.getpid) for _ in range(4)]}
    workers.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_without_workers_a_task_is_done_when_asked_for() -> None:
    seen: list[int] = []
    task = Workers(0).start(seen.append, 1)
    assert seen == []
    task()
    assert seen == [1]

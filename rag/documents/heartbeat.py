"""Signs of life of reading that is slow by nature, for whoever would take it for hung."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[], object]] = ContextVar("listener", default=lambda: None)


def beat() -> None:
    """Tell whoever listens that one more step is done."""
    _listener.get()()


@contextmanager
def listening(listener: Callable[[], object]) -> Iterator[None]:
    """Have a function called at every beat of what is done inside."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)

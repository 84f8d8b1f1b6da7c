"""The application as people start it: `python app.py` in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

APP = Path(__file__).parents[2] / "app.py"
PATIENCE = 180
"""Seconds the first start may take: it reads the samples."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running application; `origin` is what all addresses of its page begin with."""

    origin: str
    process: int
    library: Path


@contextmanager
def serve(folder: Path, *, reader: Path | None = None) -> Iterator[Server]:
    """Start the application with a new library below `folder`, and end it afterwards; `reader` is another model.

    Fewer passages are read than usual, so that answers come fast; analytics are left for the application to turn off.
    """
    port = find_free_port()
    library = folder / "library"
    environment = {name: text for name, text in os.environ.items() if name != "GRADIO_ANALYTICS_ENABLED"}
    environment |= {"RAG_HITS": "4", "RAG_PASSAGES": "2", "GRADIO_TEMP_DIR": str(folder / "gradio")}
    environment |= {} if reader is None else {"RAG_READER": str(reader), "RAG_PASSAGE_CHARACTERS": "60"}
    command = [sys.executable, str(APP), "--library", str(library), "--port", str(port), "--no-browser"]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            origin = f"http://127.0.0.1:{port}"
            wait_until_up(origin, process, log)
            yield Server(origin, process.pid, library)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_up(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the page is served; raise with the server's own words when that does not come about."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(origin, timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the page did not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

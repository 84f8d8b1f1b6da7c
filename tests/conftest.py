"""No test reaches the network: connections are allowed to this machine only, and the model hub is never asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from tests.installation import FONT_PACKAGE, REQUIRED, find_japanese_font, install_packages

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's client is imported
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

# The same examples in every run: a change is judged by itself, not by luck. --hypothesis-profile=default draws others.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

HERE = ["127.0.0.1", "::1", "localhost"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Close the network again before every test and its fixtures: pytest-socket opens it after each."""
    socket_allow_hosts(HERE, allow_unix_socket=True)


def pytest_sessionstart() -> None:
    """Install a Japanese font where there is none, before anything looks for fonts, which PDFium does but once."""
    if not find_japanese_font():
        install_packages("fontconfig", FONT_PACKAGE)


@pytest.fixture(scope="session")
def japanese_font() -> None:
    """Skip tests of PDF files without fonts of their own where the system has none either."""
    if not find_japanese_font():
        reason = f"no Japanese font is installed, nor could {FONT_PACKAGE} be"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny language model that knows `ANSWERS` of `tests.reading.tiny_generative`."""
    from tests.reading.tiny_generative import save_taught

    folder = tmp_path_factory.mktemp("models") / "taught"
    save_taught(folder)
    return folder

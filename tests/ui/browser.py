"""A Chromium for the tests: one that is there, else one that is installed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

from tests.installation import FONT_PACKAGE, install_packages, run_command

COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = [
    "--no-sandbox",  # root in a container has no sandbox; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowserError(Exception):
    """No Chromium is there and none could be installed; the message says what was tried."""


def start_browser(playwright: Playwright) -> Browser:
    """Start a Chromium, installing one where there is none.

    Raises:
        NoBrowserError: None can be had.
    """
    path = find_browser(playwright)
    tried: list[str] = []
    for install in (install_debian_package, install_playwright_browser):
        if path is None:
            tried.append(install())
            path = find_browser(playwright)
    if path is None:
        raise NoBrowserError("; ".join(tried))
    try:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error as error:
        raise NoBrowserError(f"{path} does not start: {error.message}") from error


def find_browser(playwright: Playwright) -> str | None:
    """Return the path of a Chromium or Chrome: on the search path, the Mac's, or Playwright's own."""
    for command in COMMANDS:
        path = shutil.which(command)
        if path is not None:
            return path
    others = (MAC, Path(playwright.chromium.executable_path))
    return next((str(path) for path in others if path.is_file()), None)


def install_debian_package() -> str:
    """Install Debian's Chromium with a small Japanese font, where we may; return what came of it."""
    return install_packages("chromium", FONT_PACKAGE)


def install_playwright_browser() -> str:
    """Install the Chromium that Playwright offers; return what came of it."""
    return run_command(sys.executable, "-m", "playwright", "install", "chromium")

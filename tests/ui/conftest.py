"""The page in a real browser; every visit is checked for foreign requests and complaints when it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.installation import REQUIRED
from tests.ui.browser import NoBrowserError, start_browser
from tests.ui.server import Server, serve
from tests.ui.visit import Visit

Open = Callable[[str], Visit]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium. The package, not the session: an event loop of Playwright's runs as long as it is there."""
    with sync_playwright() as playwright:
        try:
            started = start_browser(playwright)
        except NoBrowserError as error:
            if os.environ.get(REQUIRED) == "1":
                pytest.fail(f"{REQUIRED}=1 and no browser: {error}")
            pytest.skip(f"no browser: {error}")
        yield started
        started.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application on a new library with the samples in it."""
    with serve(tmp_path_factory.mktemp("application")) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Open]:
    """A function that opens the page in a language."""
    visits: list[Visit] = []

    def open_in(locale: str) -> Visit:
        context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
        visits.append(Visit(context.new_page(), server.origin))
        visits[-1].begin()
        return visits[-1]

    yield open_in
    for visit in visits:
        visit.page.context.close()
    assert [visit.foreign_requests for visit in visits] == [[]] * len(visits)
    assert [visit.complaints for visit in visits] == [[]] * len(visits)


@pytest.fixture
def visit(open_page: Open) -> Visit:
    """The page in Japanese."""
    return open_page("ja-JP")

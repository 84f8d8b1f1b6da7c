"""One person's visit to the page, and what they do there."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, FilePayload, Page, Request, expect

PATIENCE = 90_000
"""Milliseconds a condition may take to come about on a slow machine."""


@dataclass  # no slots: Playwright keeps its wrappers of the methods on the object
class Visit:
    """A page with all it asked for and all it complained of."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Listen, load the page and wait until it is filled."""
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._note_request)
        self.page.on("websocket", lambda opened: self.requests.append(opened.url))
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.origin)
        expect(self.page.locator(".conversation .empty")).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator(".evidence .empty")).to_be_visible(timeout=PATIENCE)

    @property
    def foreign_requests(self) -> list[str]:
        """Addresses that are not the server's own."""
        own = (f"{self.origin}/", f"{self.origin.replace('http', 'ws', 1)}/", "data:", f"blob:{self.origin}/")
        return [address for address in self.requests if not address.startswith(own)]

    def ask(self, question: str) -> None:
        """Write a question, send it with Enter, and wait for the answer and its explanation."""
        self.page.locator("#question textarea").fill(question)
        self.page.locator("#question textarea").press("Enter")
        self.wait_for_evidence(question)

    def wait_for_evidence(self, question: str) -> None:
        """Wait until the gaze for a question is shown."""
        expect(self.page.locator(".answer .asked")).to_have_text(question, timeout=PATIENCE)
        expect(self.page.locator(".legend .scale")).to_be_visible(timeout=PATIENCE)

    def read_strengths(self, selector: str) -> list[float]:
        """Read how strongly each element is shaded, 0 to 1."""
        strengths: list[float] = self.page.locator(selector).evaluate_all(
            "elements => elements.map(each => Number(each.style.getPropertyValue('--gaze')))"
        )
        return strengths

    def read_colours(self, selector: str) -> list[str]:
        """Read the colour that lies behind each element."""
        colours: list[str] = self.page.locator(selector).evaluate_all(
            "elements => elements.map(each => getComputedStyle(each).backgroundColor)"
        )
        return colours

    def wait_for_other_strengths(self, selector: str, before: list[float]) -> list[float]:
        """Wait until elements are shaded otherwise than before; return how."""
        self.page.wait_for_function(
            """([selector, before]) => {
                const now = [...document.querySelectorAll(selector)].map(
                    each => Number(each.style.getPropertyValue('--gaze')));
                return now.length > 0 && JSON.stringify(now) !== JSON.stringify(before);
            }""",
            arg=[selector, before],
        )
        return self.read_strengths(selector)

    def choose(self, element_id: str, option: str) -> None:
        """Choose from a drop-down list and close it."""
        self.page.locator(f"#{element_id} input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("option")).to_have_count(0)

    def open_tab(self, name: str) -> None:
        """Change to another tab."""
        self.page.get_by_role("tab", name=name, exact=True).click()

    def upload(self, files: dict[str, bytes]) -> str:
        """Add files in the tab of the documents, which is open; return what is reported."""
        self.begin_upload(files)
        return self.wait_for_report()

    def begin_upload(self, files: dict[str, bytes]) -> None:
        """Give files to the page; a report that is there is marked as an old one."""
        self.page.locator("#report .report").evaluate_all("all => all.forEach(each => each.classList.add('old'))")
        payloads = [FilePayload(name=name, mimeType="", buffer=content) for name, content in files.items()]
        self.page.locator("#upload input[type=file]").set_input_files(payloads)

    def wait_for_report(self) -> str:
        """Wait until an upload has come to an end; return what is reported."""
        report = self.page.locator("#report .report:not(.old)")
        expect(report).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator("#report .wrap.hide")).to_have_count(1, timeout=PATIENCE)
        return report.inner_text()

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location})")

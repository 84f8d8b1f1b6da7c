"""The page itself: its languages, its manners on the network, its keyboard."""

from __future__ import annotations

import psutil
import pytest
from playwright.sync_api import expect

from rag.library.samples import DEMO_QUESTIONS
from rag.ui.page import is_own
from tests.ui.conftest import Open
from tests.ui.server import Server
from tests.ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

KEYS = """([type, composing, code]) => document.querySelector("#question textarea").dispatchEvent(new KeyboardEvent(
    type, {key: "Enter", code: "Enter", keyCode: code, which: code, isComposing: composing, bubbles: true,
    cancelable: true}))"""


def test_page_speaks_japanese(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate("document.documentElement.lang") == "ja"
    expect(page.get_by_role("tab")).to_have_text(["質問する", "文書", "しくみ", "トークン", "測る"])
    expect(page.locator("#send")).to_have_text("質問する")
    expect(page.locator(".evidence .empty")).to_contain_text("読み手のモデルがどこを見ていたか")
    expect(page.locator(".examples button")).to_have_count(3)
    visit.open_tab("文書")
    expect(page.locator("table.documents thead th")).to_have_text(["題名", "文字数", "窓", "加えた日時", "操作"])


def test_others_than_the_user_of_the_machine_get_none_of_its_folders() -> None:
    assert [is_own(host) for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3")] == [True] * 4
    assert [is_own(host) for host in ("0.0.0.0", "::", "192.168.1.5", "machine.example")] == [False] * 4


def test_page_speaks_english(open_page: Open) -> None:
    visit = open_page("en-US")
    page = visit.page
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.get_by_role("tab")).to_have_text(["Ask", "Documents", "How it works", "Tokens", "Measure"])
    expect(page.locator("#send")).to_have_text("Ask")
    expect(page.locator(".evidence .empty")).to_contain_text("where the reading model looked")
    visit.open_tab("Documents")
    expect(page.locator("table.documents thead th")).to_have_text(["Title", "Characters", "Windows", "Added", "Action"])


def test_nothing_is_asked_of_others_and_nothing_counted(visit: Visit) -> None:
    assert visit.page.evaluate("window.gradio_config.analytics_enabled") is False
    assert visit.page.evaluate("window.gradio_config.footer_links") == []
    assert len(visit.requests) > 5
    assert visit.foreign_requests == []


def test_server_listens_on_this_machine_only(server: Server) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.process).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_page_fits_a_narrow_screen(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 400, "height": 800})
    for tab in ("質問する", "文書", "しくみ", "トークン", "測る"):
        visit.open_tab(tab)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400


def test_enter_of_an_input_method_does_not_send(visit: Visit) -> None:
    page = visit.page
    box = page.locator("#question textarea")
    box.fill("ゆうきゅう")
    # Chrome and Firefox: the key comes while composing. Safari: after it, known by its code, and a keypress follows.
    for type_, composing, code in (("keydown", True, 229), ("keydown", False, 229), ("keypress", False, 13)):
        page.evaluate(KEYS, [type_, composing, code])
    box.fill("有給休暇は")
    box.press("Shift+Enter")
    box.press_sequentially("何日ですか")
    expect(box).to_have_value("有給休暇は\n何日ですか")
    box.press("Enter")
    # What is sent now is the first and only question, whole.
    expect(page.locator(".turn .question")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".turn .question")).to_contain_text("有給休暇は\n何日ですか")
    expect(box).to_have_value("")
    page.locator("#clear").click()
    expect(page.locator(".turn")).to_have_count(0, timeout=PATIENCE)


def test_an_empty_question_is_not_sent(visit: Visit) -> None:
    box = visit.page.locator("#question textarea")
    box.fill("  ")
    visit.page.locator("#send").click()
    visit.page.locator(".examples button").first.click()
    expect(visit.page.locator(".turn .question")).to_contain_text([DEMO_QUESTIONS[0]], timeout=PATIENCE)

"""The page as a whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

import gradio as gr

from rag.errors import ArgumentError
from rag.ui.ask import AskTab
from rag.ui.documents import DocumentsTab
from rag.ui.laboratory import LaboratoryTab
from rag.ui.measure import MeasureTab
from rag.ui.theme import build_theme
from rag.ui.tokens import TokensTab
from rag.ui.words import ASSETS, load_words

if TYPE_CHECKING:
    from rag.library.library import Library

SESSIONS = 200
"""Conversations kept in memory; beyond them the oldest is forgotten."""

HOUR = 3600
"""Seconds; how often, and at which age, left-over uploads are deleted."""


def build_page(library: Library, *, folders: bool = True) -> gr.Blocks:
    """Lay out the page over a library; `launch` serves it.

    Args:
        library: What the page asks.
        folders: Whether the page may read any folder of this machine: not where others than its user see it.
    """
    labels = build_labels()
    page = gr.Blocks(title="眼差し manazashi", analytics_enabled=False, delete_cache=(HOUR, HOUR))
    with page:
        with gr.Row(elem_id="masthead"):
            gr.HTML("<h1>眼差し <small>manazashi</small></h1>", js_on_load=None, apply_default_css=False)
            gr.Markdown(labels("tagline"), elem_id="tagline")
        with gr.Tab(labels("tab_ask"), id="ask"):
            ask = AskTab(library, labels)
        with gr.Tab(labels("tab_documents"), id="documents") as tab:
            documents = DocumentsTab(library, labels, folders=folders)
        with gr.Tab(labels("tab_laboratory"), id="laboratory") as bench:
            laboratory = LaboratoryTab(library, labels)
        with gr.Tab(labels("tab_tokens"), id="tokens"):
            TokensTab(library, labels)
        with gr.Tab(labels("tab_measure"), id="measure") as measuring:
            measure = MeasureTab(library, labels)
        asked = [ask.session, ask.filter]
        page.load(ask.refresh, [ask.session, ask.view, ask.filter], ask.refreshed, show_progress="hidden")
        tab.select(documents.refresh, None, documents.refreshed, show_progress="hidden")
        bench.select(laboratory.show, laboratory.chosen, laboratory.shown, show_progress="hidden")
        measuring.select(measure.refresh, measure.runs, measure.refreshed, show_progress="hidden")
        for change in documents.changes:
            change.then(ask.refresh_documents, asked, [ask.filter, ask.examples], show_progress="hidden")
    return page


def launch(
    library: Library,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until interrupted.

    Args:
        library: What the page asks.
        host: Address to listen on; one that others reach opens the page, uploads, removal and export to them, but
            no folder of this machine can be followed there.
        port: Port to listen on.
        open_browser: Whether to show the page in the default browser.
        started: Called with the page's address once it is served.

    Raises:
        ArgumentError: The address is not one of this machine's, or the port is taken.
    """
    _check_address(host, port)
    page = build_page(library, folders=is_own(host))
    _, address, _ = page.launch(
        prevent_thread_lock=True,
        quiet=True,
        server_name=host,
        server_port=port,
        inbrowser=open_browser,
        share=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        state_session_capacity=SESSIONS,
        i18n=build_labels(),
        theme=build_theme(),
        css_paths=ASSETS / "style.css",
        js=(ASSETS / "page.js").read_text(encoding="utf-8"),
    )
    if started is not None:
        started(address)
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def is_own(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def _check_address(host: str, port: int) -> None:
    """Say in a line what the server would say in a page."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ArgumentError(
                f"{host}:{port} は使えません（{error.strerror}）。ほかの番号を --port で指定してください / cannot be "
                "listened on; is the page open already? Give another --port or --host"
            ) from error


def build_labels() -> gr.I18n:
    """Build the labels that the browser translates by its own language."""
    return gr.I18n(ja=dict(load_words("ja")), en=dict(load_words("en")))

from __future__ import annotations

import os
import socket

import pytest


def test_connections_to_other_machines_are_refused_at_once() -> None:
    with pytest.raises((RuntimeError, UserWarning), match=r"198\.51\.100\.1"):
        socket.create_connection(("198.51.100.1", 443), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass


def test_the_model_hub_is_never_asked() -> None:
    assert os.environ["HF_HUB_OFFLINE"] == "1"

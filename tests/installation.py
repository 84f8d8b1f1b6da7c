"""What the tests need of the system, installed where it is missing and may be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

FONT_PACKAGE = "fonts-ipaexfont-gothic"
"""A small Japanese font."""
REQUIRED = "MANAZASHI_REQUIRE_BROWSER"
"""Variable that turns what is missing from a reason to skip into a failure."""
PATIENCE = 600
"""Seconds an installation may take."""


def find_japanese_font() -> bool:
    """Say whether the system has a font for Japanese; elsewhere than on Linux it always has."""
    if not sys.platform.startswith("linux"):
        return True
    command = shutil.which("fc-list")
    return command is not None and bool(subprocess.run([command, ":lang=ja"], capture_output=True, check=False).stdout)


def install_packages(*names: str) -> str:
    """Install Debian packages, where we may; return "" when it went well and what was wrong when not."""
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None or os.geteuid() != 0:
        return "apt-get: only for root on Debian"
    return run_command("apt-get", "-o", "DPkg::Lock::Timeout=120", "update") or run_command(
        "apt-get", "-o", "DPkg::Lock::Timeout=120", "install", "-y", *names
    )


def run_command(*command: str) -> str:
    """Run a command; return "" when it went well and what it said when not."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command)}: {error}"
    return f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-300:]}" if done.returncode else ""

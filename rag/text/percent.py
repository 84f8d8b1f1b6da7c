"""Shares as people read them."""

from __future__ import annotations


def format_percent(share: float) -> str:
    """Write a share for people: "42 %", "0.3 %" when it is small, "<0.1 %" when it is next to nothing."""
    percent = share * 100
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 9.95 else f"{percent:.0f} %"

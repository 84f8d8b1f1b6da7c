"""Calibration of a trained reader on held-out articles: when to refuse, and what its confidence means."""

from __future__ import annotations

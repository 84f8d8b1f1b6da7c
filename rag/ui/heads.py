"""All heads of a model side by side, and those with a habit by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from rag.attention.heads import HABITS, REACH, HeadProfile, find_strongest
from rag.explanation.laboratory import Survey
from rag.ui.matrices import render_thumbnail
from rag.ui.words import Words, format_percent

MOST_TILES = 160
"""Heads shown at once; of a larger model only those of the chosen layer are."""


def render_gallery(survey: Survey, *, layer: int, head: int, words: Words) -> str:
    """Draw each head as a small map with its distance profile and entropy; each is a button that chooses the head.

    `layer` and `head`, counted from 0, are marked as chosen.
    """
    layers, heads, length, _ = survey.maps.shape
    shown = range(layers) if layers * heads <= MOST_TILES else [layer]
    tiles = "".join(
        _render_tile(survey, profile, length, chosen=(profile.layer, profile.head) == (layer, head), words=words)
        for profile in survey.profiles
        if profile.layer in shown
    )
    return (
        f'<h2>{escape(words["lab_heads"])}</h2><p class="note">{escape(words["lab_heads_hint"])}</p>'
        f"{_render_notable(survey.profiles, words)}"
        f'<div class="gallery" style="--heads:{heads}">{tiles}</div>'
    )


def _render_notable(profiles: Sequence[HeadProfile], words: Words) -> str:
    """Name the head that follows each habit most."""
    items = "".join(
        f'<li><button type="button" data-layer="{profile.layer + 1}" data-head="{profile.head + 1}">'
        f'<i class="habit">{escape(words[f"lab_mark_{habit}"])}</i> {escape(words[f"lab_habit_{habit}"])}'
        f" <b>{profile.layer + 1}-{profile.head + 1}</b> {format_percent(profile.shares[habit])}</button></li>"
        for habit, profile in find_strongest(profiles).items()
    )
    return f'<ul class="notable" aria-label="{escape(words["lab_notable"])}">{items}</ul>'


def _render_tile(survey: Survey, profile: HeadProfile, length: int, *, chosen: bool, words: Words) -> str:
    entropy = profile.entropy / max(math.log2(length), 1.0)
    marks = "".join(
        f'<i class="habit">{escape(words[f"lab_mark_{habit}"])}</i>' for habit in HABITS if habit in profile.habits
    )
    title = words["lab_tile"].format(
        layer=profile.layer + 1,
        head=profile.head + 1,
        entropy=f"{profile.entropy:.2f}",
        distance=f"{profile.distance:.1f}",
    )
    return (
        f'<button type="button" class="tile" data-layer="{profile.layer + 1}" data-head="{profile.head + 1}"'
        f' aria-pressed="{str(chosen).lower()}" title="{escape(title)}" aria-label="{escape(title)}">'
        f'<span class="name">{profile.layer + 1}-{profile.head + 1} {marks}</span>'
        f'<img src="{render_thumbnail(survey.maps[profile.layer, profile.head])}" alt="">'
        f'{_render_profile(profile)}<span class="bar"><span style="width:{entropy:.0%}"></span></span></button>'
    )


def _render_profile(profile: HeadProfile) -> str:
    """Draw the share of the gaze at each offset as a bar, the largest in full; the middle one is the token itself."""
    largest = max(profile.profile) or 1.0
    bars = "".join(f"M{index} 10v-{10 * share / largest:.2f}" for index, share in enumerate(profile.profile))
    return (
        f'<svg viewBox="-1 0 {2 * REACH + 2} 10" preserveAspectRatio="none" aria-hidden="true"><path d="{bars}"/></svg>'
    )

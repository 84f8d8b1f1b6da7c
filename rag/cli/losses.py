"""What of the documents did not come in, as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Column, Table

from rag.cli.terminal import output
from rag.documents.losses import LossEntry, Losses, describe_losses, sum_losses


def print_losses(entries: Sequence[LossEntry], *, every: bool = False) -> None:
    """Print what was lost and the totals.

    Args:
        entries: What is known of each document or file.
        every: Whether those of which nothing is known to be lost are shown as well.
    """
    lossy = [entry for entry in entries if not entry.losses.is_clean]
    if not entries or not (lossy or every):
        return
    table = Table(
        Column("題名 / title", overflow="fold"),
        Column("取り込めなかったもの / not taken in", overflow="fold"),
        Column("文字コード（確かさ） / encoding", overflow="fold"),
        Column("元 / source", overflow="fold"),
        box=None,
    )
    for entry in entries if every else lossy:
        confidence = entry.losses.confidence
        encoding = entry.losses.encoding + (f"（{confidence:.0%}）" if confidence is not None else "")
        table.add_row(escape(entry.title), escape(_say(entry.losses)), escape(encoding), escape(entry.source))
    output.print(table)
    total = _say(sum_losses(entry.losses for entry in lossy))
    output.print(f"取り込めなかったものの合計 / in all（{len(lossy):,} 件）: {escape(total)}", soft_wrap=True)


def _say(losses: Losses) -> str:
    return f"{describe_losses(losses) or 'なし'} / {describe_losses(losses, language='en') or 'nothing'}"

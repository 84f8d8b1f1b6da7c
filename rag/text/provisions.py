"""The provisions of a statute or a set of rules as a tree: 編章節款目条項号, イロハ, 附則, 別表, 様式."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.text.articles import DIVISION, LEVELS
from rag.text.heads import APPENDICES, Head, find_heads, order_of
from rag.text.paragraphs import read_paragraphs

Kind = Literal["編", "章", "節", "款", "目", "条", "項", "号", "細分", "附則", "別表", "様式"]


@dataclass(frozen=True, slots=True)
class Provision:
    """A provision: `text[start:end]` is all of it, with the caption above an article and all that is inside.

    `number` is in digits (3, 3の2), a kana for イロハ (kind 細分), "" for 附則 and tables without one. `label` is what
    the text calls it, `path` the labels from the outermost provision to this one.
    """

    kind: Kind
    number: str
    start: int
    end: int
    label: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called where its chapter need not be said: 第12条（出向） 第3項."""
        return " ".join((*(label for label in self.path[:-1] if not DIVISION.match(label)), self.label))


ARTICLE, PARAGRAPH = LEVELS["条"], LEVELS["条"] + 1


@dataclass(slots=True)
class _Node:
    kind: Kind
    number: str
    start: int
    label: str
    level: int
    end: int = -1


def find_provisions(text: str) -> list[Provision]:
    """Find the provisions of a text, each before those inside it; none in a text that is no set of rules.

    Tables of contents, quotations, what an amendment puts into another text, and lists outside of articles are passed
    over. Time grows with the length of the text alone, but for a logarithm of the number of articles.
    """
    found = find_heads(text)
    placed = _place_heads(found.heads)
    nodes: list[_Node] = []
    for index, (head, level) in enumerate(placed):
        stop = placed[index + 1][0].start if index + 1 < len(placed) else len(text)
        nodes.append(_Node(head.kind, head.number, head.start, head.label, level))
        if head.kind in ("条", "附則"):
            pieces = read_paragraphs(text, head.body, stop, foreign=found.foreign)
            nodes += [_Node(p.kind, p.number, p.start, p.label, PARAGRAPH + p.depth, p.end) for p in pieces]
    return _build_tree(text, nodes)


def _place_heads(heads: Sequence[Head]) -> list[tuple[Head, int]]:
    """Give heads their levels, and leave out rows of tables that begin like articles.

    In a table or form, articles count from 1; one that stands between two articles belongs to what they belong to.
    """
    placed: list[tuple[Head, int]] = []
    last = 0
    inside: int | None = None  # place of the table or form whose lines are read
    counted = False
    for head in heads:
        level = 0 if head.kind in APPENDICES else LEVELS[head.kind]
        if head.kind != "条":
            inside, counted = (len(placed) if head.kind in ("別表", "様式") else None), False
        elif inside is not None and not counted:
            if last and order_of(head.number)[0] == last + 1:
                placed[inside] = placed[inside][0], ARTICLE
                inside = None
            elif head.number != "1":
                continue
            counted = True
        if head.kind == "条" and inside is None:
            last = order_of(head.number)[0]
        placed.append((head, level))
    return placed


def _build_tree(text: str, nodes: Sequence[_Node]) -> list[Provision]:
    """Let each provision reach to the next that is not inside it, without white space at its end."""
    open_nodes: list[_Node] = []
    paths: list[tuple[str, ...]] = []
    for node in [*nodes, _Node("附則", "", len(text), "", -1)]:
        while open_nodes and open_nodes[-1].level >= node.level:
            closed = open_nodes.pop()
            if closed.end < 0:
                closed.end = closed.start + len(text[closed.start : node.start].rstrip())
        open_nodes.append(node)
        paths.append(tuple(each.label for each in open_nodes))
    return [
        Provision(node.kind, node.number, node.start, node.end, node.label, path)
        for node, path in zip(nodes, paths, strict=False)
    ]

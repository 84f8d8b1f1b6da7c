"""Provisions of one text by place and by number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from rag.text.heads import APPENDICES, MARKUP
from rag.text.provisions import Kind, Provision, find_provisions

DIVISIONS: frozenset[Kind] = frozenset({"編", "章", "節", "款", "目"})
MAIN = -1
"""Scope of the main provisions; that of what stands in an appendix is the place of the appendix."""


class Outline:
    """The provisions of one text; they are named by their place in `provisions`.

    Several texts in one document, each with its own 第1条, are bodies of their own.
    """

    def __init__(self, text: str, provisions: Sequence[Provision] | None = None) -> None:
        self.text = text
        self.provisions = tuple(find_provisions(text) if provisions is None else provisions)
        self.parents: list[int] = []
        self.scopes: list[int] = []
        self.bodies: list[int] = []
        self._inside: dict[tuple[int, Kind, str | None], list[int]] = {}
        self._named: dict[tuple[int, int, Kind, str], list[int]] = {}
        self._appendices: dict[tuple[int, Kind], list[int]] = {}
        self._rows: dict[tuple[int, int, Kind], list[int]] = {}
        self._row_keys: list[tuple[int, int, Kind]] = []
        self._positions: list[int] = []
        self._starts = [provision.start for provision in self.provisions]
        self._connect()
        self._split_bodies()

    @cached_property
    def marks(self) -> frozenset[int]:
        """Where the numbers of articles, divisions and appendices stand at their head."""
        return frozenset(
            self._find_mark(each)
            for each in self.provisions
            if each.kind in APPENDICES | DIVISIONS or each.kind == "条"
        )

    def innermost(self, offset: int) -> int | None:
        """Return the innermost provision that holds a place."""
        place = bisect_right(self._starts, offset) - 1
        while place >= 0 and offset >= self.provisions[place].end:
            place = self.parents[place]
        return place if place >= 0 else None

    def around(self, place: int | None, kinds: Iterable[Kind]) -> int | None:
        """Return the innermost of a provision and those around it that is of one of these kinds."""
        wanted = frozenset(kinds)
        while place is not None and place >= 0:
            if self.provisions[place].kind in wanted:
                return place
            place = self.parents[place]
        return None

    def article_at(self, offset: int) -> Provision | None:
        """Return the article, table, form or supplement without articles that holds a place."""
        inner = self.innermost(offset)
        article = self.around(inner, ("条",))
        if article is None:
            article = self.around(inner, ("附則", "別表", "様式"))
        return None if article is None else self.provisions[article]

    def units(self) -> list[tuple[int, int]]:
        """Return the articles, and the tables, forms and supplements without articles, as ascending stretches."""
        found: list[tuple[int, int]] = []
        for place, provision in enumerate(self.provisions):
            if provision.kind == "条" or (provision.kind in APPENDICES and not self.inside(place, "条")):
                found.append((provision.start, provision.end))
        return found

    def inside(self, place: int, kind: Kind, number: str | None = None) -> list[int]:
        """Return what of a kind, and of a number, stands directly in a provision."""
        return self._inside.get((place, kind, number), [])

    def named(self, body: int, scope: int, kind: Kind, number: str) -> list[int]:
        """Return the provisions of a kind and number in one scope of a body."""
        return self._named.get((body, scope, kind, number), [])

    def appendices(self, body: int, kind: Kind) -> list[int]:
        """Return the supplements, tables or forms of a body."""
        return self._appendices.get((body, kind), [])

    def row(self, place: int) -> tuple[list[int], int]:
        """Return the provisions that count together with one, and its position among them."""
        return self._rows[self._row_keys[place]], self._positions[place]

    def _connect(self) -> None:
        open_places: list[int] = []
        for place, provision in enumerate(self.provisions):
            del open_places[len(provision.path) - 1 :]
            parent = open_places[-1] if open_places else -1
            self.parents.append(parent)
            for number in (None, provision.number):
                self._inside.setdefault((parent, provision.kind, number), []).append(place)
            outer = self.scopes[parent] if parent >= 0 else MAIN
            self.scopes.append(place if provision.kind in APPENDICES else outer)
            open_places.append(place)

    def _split_bodies(self) -> None:
        body, begun = 0, False
        waiting: list[int] = []  # divisions whose first article says which body they belong to
        self.bodies = [0] * len(self.provisions)
        for place, provision in enumerate(self.provisions):
            if provision.kind == "条" and self.scopes[place] == MAIN:
                if provision.number == "1" and begun:
                    body += 1
                begun = True
                for division in waiting:
                    self.bodies[division] = body
                waiting.clear()
            elif provision.kind in DIVISIONS:
                waiting.append(place)
            self.bodies[place] = body
        self._count()

    def _count(self) -> None:
        """Sort the provisions by what they count with: articles through a whole scope, all else where it stands."""
        for place, provision in enumerate(self.provisions):
            kind, body, parent = provision.kind, self.bodies[place], self.parents[place]
            scope = MAIN if kind in APPENDICES else self.scopes[place]
            self._named.setdefault((body, scope, kind, provision.number), []).append(place)
            if kind in APPENDICES:
                self._appendices.setdefault((body, kind), []).append(place)
            key = (body, scope, kind) if kind == "条" else (body if parent < 0 else -1, parent, kind)
            row = self._rows.setdefault(key, [])
            self._row_keys.append(key)
            self._positions.append(len(row))
            row.append(place)

    def _find_mark(self, provision: Provision) -> int:
        markup = MARKUP.match(self.text, provision.start)
        start = provision.start if markup is None else markup.end()
        if self.text[start] in "（(":
            start = self.text.index("\n", start)
        while self.text[start] not in "第附別様":
            start += 1
        return start

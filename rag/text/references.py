"""References between provisions and what they mean: 第十二条第三項, 前項, 同条第二号, 第五条から第七条まで."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.text.laws import find_definitions, read_law
from rag.text.mentions import (
    CONNECTORS,
    EVERY,
    RANKS,
    THROUGH,
    Mention,
    Unit,
    find_mentions,
    is_number_of_something_else,
)
from rag.text.outline import MAIN, Outline
from rag.text.provisions import Kind, Provision

NAMEABLE: frozenset[Kind] = frozenset({"附則", "別表", "様式", "編", "章", "条"})
"""What a law may be named before; a paragraph is of the article before it."""
TOLD: frozenset[Kind] = frozenset({"条", "別表", "様式"})
"""What is a reference even where nothing of the kind is there: 第三号 may be a number of anything."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference at `text[start:end]` and the provisions it means, in order; none where there are no such.

    `law` is the name of the law or document it is to be looked up in, "" for the text itself, and `written` what to
    look up there, with what the text leaves out (同条第二項 as 第3条第2項).
    """

    start: int
    end: int
    targets: tuple[Provision, ...]
    law: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a mention means: the places of provisions, or units of another law."""

    units: tuple[Unit, ...]
    places: tuple[int, ...] = ()
    steps: tuple[tuple[int, ...], ...] = ()
    """The places after each unit; the last are `places`."""
    law: str = ""

    def upto(self, rank: int) -> tuple[tuple[Unit, ...], tuple[tuple[int, ...], ...]]:
        """Return the units above a rank, with their places."""
        count = sum(RANKS[unit.kind] < rank for unit in self.units)
        return self.units[:count], self.steps[:count]


@dataclass(slots=True)
class _Context:
    """What was mentioned before in the same article."""

    article: int | None = None
    law: str = ""
    last: _Meaning | None = None
    last_end: int = -1
    latest: dict[Kind, _Meaning] = field(default_factory=dict)


def find_references(outline: Outline, *, start: int = 0, end: int | None = None) -> list[Reference]:
    """Find the references that lie between two places of a text, and resolve those to the text itself.

    Args:
        outline: The provisions of the text.
        start: Where to begin; what was mentioned before in the article that holds it counts as mentioned.
        end: Where to stop; the end of the text when None.
    """
    text = outline.text
    end = len(text) if end is None else end
    article = outline.article_at(start)
    reader = _Reader(outline)
    found = reader.read(start if article is None else min(start, article.start), end)
    return [reference for reference in found if reference.start >= start]


def resolve(written: str, outline: Outline) -> tuple[Provision, ...]:
    """Return what an absolute reference (`Reference.written`) means in another text."""
    meanings = [_Reader(outline).resolve_outside(mention) for mention in find_mentions(written, 0, len(written))]
    if len(meanings) == 2 and "から" in written:
        return tuple(outline.provisions[place] for place in _span(outline, meanings[0], meanings[1]))
    return tuple(outline.provisions[place] for places in meanings for place in places)


class _Reader:
    """Reads the mentions of one text in order."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.definitions: dict[str, str] | None = None
        self.context = _Context()

    def read(self, start: int, end: int) -> list[Reference]:
        """Read all between two places."""
        text = self.outline.text
        found: list[Reference] = []
        open_range: tuple[Mention, _Meaning] | None = None
        for mention in find_mentions(text, start, end):
            if mention.start in self.outline.marks:
                continue
            standing = self.outline.innermost(mention.start)
            article = self.outline.around(standing, ("条", "附則", "別表", "様式"))
            if article != self.context.article:
                self.context = _Context(article, law=self.context.law)
            is_linked = text[self.context.last_end : mention.start] in CONNECTORS | THROUGH
            linked = self.context.last if self.context.last is not None and is_linked else None
            if linked is None and is_number_of_something_else(text, mention):
                continue
            meaning = self._mean(mention, standing, linked)
            through = open_range is not None and self._closes(open_range[0], mention)
            self._remember(mention, meaning)
            if through and open_range is not None:
                found[-1:] = [self._join(*open_range, mention, meaning)]
                open_range = None
            else:
                found.append(self._build(mention.start, mention.end, meaning))
                open_range = mention, meaning
        return [reference for reference in found if self._counts(reference)]

    def resolve_outside(self, mention: Mention) -> tuple[int, ...]:
        """Return what an absolute mention means where nothing stands around it."""
        return self._follow(mention.units, (), None)[-1]

    def _mean(self, mention: Mention, standing: int | None, linked: _Meaning | None) -> _Meaning:
        first = mention.units[0]
        law = self._read_law(mention, linked)
        base_units: tuple[Unit, ...] = ()
        base_steps: tuple[tuple[int, ...], ...] = ()
        if first.relation == "同":
            same = self.context.latest.get(first.kind)
            if same is None:
                return _Meaning(mention.units)
            law = same.law
            base_units, base_steps = same.upto(RANKS[first.kind] + 1)
            units = (*base_units, *mention.units[1:])
        else:
            if linked is not None and first.relation in ("", EVERY):
                base_units, base_steps = linked.upto(RANKS[first.kind])
            units = (*base_units, *mention.units)
        if law:
            return _Meaning(units, law=law)
        steps = self._follow(units, base_steps, standing)
        return _Meaning(units, steps[-1], steps)

    def _read_law(self, mention: Mention, linked: _Meaning | None) -> str:
        first = mention.units[0]
        if first.relation or (linked is not None and linked.law):
            return linked.law if linked is not None and not first.relation else ""
        if first.kind not in NAMEABLE:
            return ""
        if self.definitions is None:
            self.definitions = find_definitions(self.outline.text)
        return read_law(self.outline.text, mention.start, definitions=self.definitions, last=self.context.law) or ""

    def _remember(self, mention: Mention, meaning: _Meaning) -> None:
        self.context.last, self.context.last_end = meaning, mention.end
        self.context.law = meaning.law or self.context.law
        for unit in meaning.units:
            self.context.latest[unit.kind] = meaning

    def _closes(self, opening: Mention, mention: Mention) -> bool:
        """Whether two mentions are the ends of a range: 第五条から第七条まで, 第五条～第七条."""
        text = self.outline.text
        gap = text[opening.end : mention.start]
        same = opening.units[-1].kind == mention.units[-1].kind
        return same and (gap in THROUGH - {"から"} or (gap == "から" and text.startswith("まで", mention.end)))

    def _join(self, opening: Mention, first: _Meaning, mention: Mention, last: _Meaning) -> Reference:
        end = mention.end + (2 if self.outline.text.startswith("まで", mention.end) else 0)
        places = _span(self.outline, first.places, last.places)
        written = f"{_write(first)}から{_write(last)}まで" if first.law else ""
        return Reference(
            opening.start, end, tuple(self.outline.provisions[place] for place in places), first.law, written
        )

    def _build(self, start: int, end: int, meaning: _Meaning) -> Reference:
        targets = tuple(self.outline.provisions[place] for place in meaning.places)
        return Reference(start, end, targets, meaning.law, _write(meaning) if meaning.law else "")

    def _counts(self, reference: Reference) -> bool:
        if reference.targets or reference.law:
            return True
        mention = next(find_mentions(self.outline.text, reference.start, reference.end), None)
        return mention is not None and any(unit.kind in TOLD for unit in mention.units)

    def _follow(
        self, units: Sequence[Unit], known: Sequence[tuple[int, ...]], standing: int | None
    ) -> tuple[tuple[int, ...], ...]:
        """Return the places after each unit, from the outermost; `known` are those of the first units."""
        steps = list(known)
        for index in range(len(steps), len(units)):
            unit = units[index]
            if index:
                steps.append(tuple(_descend(self.outline, steps[-1], unit)))
            else:
                steps.append(tuple(_begin(self.outline, unit, standing)))
        return tuple(steps)


def _write(meaning: _Meaning) -> str:
    return "".join(unit.write() for unit in meaning.units)


def _begin(outline: Outline, unit: Unit, standing: int | None) -> list[int]:
    """Find what the first unit of a mention means where it stands."""
    if unit.relation:
        return _find_related(outline, unit, standing)
    body = 0 if standing is None else outline.bodies[standing]
    scope = MAIN if standing is None else outline.scopes[standing]
    if unit.kind == "附則":
        stands_in_one = scope != MAIN and outline.provisions[scope].kind == "附則"
        return [scope] if stands_in_one else outline.appendices(body, "附則")[:1]
    if unit.kind in ("別表", "様式"):
        found = outline.named(body, MAIN, unit.kind, unit.number)
        every = outline.appendices(body, unit.kind)
        return found[:1] or (every if len(every) == 1 and not unit.number else [])
    if unit.kind == "条":
        own = outline.named(body, scope, "条", unit.number)
        main = outline.named(body, MAIN, "条", unit.number)
        is_form = scope != MAIN and outline.provisions[scope].kind != "附則"
        return (own or main) if is_form else (main or own)
    if unit.kind in ("項", "号", "細分"):
        holder = outline.around(standing, ("条", "附則") if unit.kind == "項" else ("項",))
        return [] if holder is None else _descend(outline, (holder,), unit)
    return _find_division(outline, unit, standing, body)


def _find_division(outline: Outline, unit: Unit, standing: int | None, body: int) -> list[int]:
    """Find a chapter by its number: that of the same part, or the only one there is."""
    found = outline.named(body, MAIN, unit.kind, unit.number)
    place = standing
    while len(found) > 1 and place is not None and place >= 0:
        inside = [each for each in found if outline.parents[each] == place]
        if inside:
            return inside[:1]
        place = outline.parents[place]
    return found if len(found) == 1 else []


def _find_related(outline: Outline, unit: Unit, standing: int | None) -> list[int]:
    """Find 前項, 次条, 本章, 前二項, 前各号 and 各号 from where they stand."""
    if unit.kind == "号" and unit.count == 0:
        item = outline.around(standing, ("号",))
        if unit.relation == EVERY or item is None:
            paragraph = outline.around(standing, ("項",))
            return [] if paragraph is None else outline.inside(paragraph, "号")
    here = outline.around(standing, (unit.kind,))
    if here is None:
        return []
    row, place = outline.row(here)
    if unit.relation == "前":
        return row[max(0, place - unit.count) : place] if 0 < unit.count <= place else row[: 0 if unit.count else place]
    if unit.relation == "次":
        return row[place + 1 : place + 2]
    return [here] if unit.relation == "本" else []


def _descend(outline: Outline, places: Sequence[int], unit: Unit) -> list[int]:
    """Find a unit inside what the units before it mean."""
    number = None if unit.relation == EVERY else unit.number
    if unit.relation and unit.relation != EVERY:
        return []
    found: list[int] = []
    for place in places:
        provision = outline.provisions[place]
        inside = outline.inside(place, unit.kind, number)
        if not inside and unit.kind == "条":
            scope = place if provision.kind == "附則" else MAIN
            inside = outline.named(outline.bodies[place], scope, "条", unit.number)
        elif not inside and provision.kind in (
            "条",
            "附則",
        ):  # 第三条第二号: of its only paragraph, or the first with one
            paragraphs = (outline.inside(each, unit.kind, number) for each in outline.inside(place, "項"))
            inside = next((items for items in paragraphs if items), [])
        found += inside
    return found


def _span(outline: Outline, first: Sequence[int], last: Sequence[int]) -> list[int]:
    """Return all from one provision to another that count together."""
    if not first or not last:
        return []
    (row, begin), (other, end) = outline.row(first[0]), outline.row(last[-1])
    return row[begin : end + 1] if row is other else []

"""Numbers put into the places that a number format of Excel has for digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

PLACES = frozenset("0#?")
POWER = re.compile(r"e([+\-])(0+)", re.IGNORECASE)
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
"""Holds the largest number that Excel knows, 1.8e308, with all decimals."""
MOST_DECIMALS = 30
"""Most decimals that Excel shows."""


def write_digits(number: float, tokens: Sequence[str]) -> str | None:
    """Write a number by the tokens of a format (see `rag.documents.xlsx_format`), or None where it is a fraction.

    Digits fill the places from the right, so that 000-0000 shows a postal code; those left over stand before the
    first place.
    """
    if "/" in tokens:
        return None
    point = next((index for index, token in enumerate(tokens) if token == "."), len(tokens))
    places = [index for index, token in enumerate(tokens) if token in PLACES]
    whole_places = [index for index in places if index < point]
    decimal_places = [index for index in places if index > point][:MOST_DECIMALS]
    power = next((index for index, token in enumerate(tokens) if POWER.fullmatch(token)), None)
    commas = [index for index, token in enumerate(tokens) if token == "," and whole_places]
    scale = sum(index > whole_places[-1] for index in commas) if whole_places else 0
    value = abs(Decimal(repr(number))).scaleb(2 * tokens.count("%") - 3 * scale)
    exponent = 0
    if power is not None and value:
        exponent = value.adjusted() - (max(1, len(whole_places)) - 1)
        value = value.scaleb(-exponent)
    rounded = f"{value.quantize(Decimal(1).scaleb(-len(decimal_places)), context=EXACT):f}"
    whole, _, decimals = rounded.partition(".")
    shown: dict[int, str] = {}
    _fill_whole(shown, whole.lstrip("0"), whole_places, tokens, grouped=len(commas) > scale)
    _fill_decimals(shown, decimals, decimal_places, tokens)
    if power is not None:
        shown[power] = _write_power(tokens[power], exponent)
    negative = number < 0 and any(digit in "123456789" for digit in rounded)
    text = "".join(
        token[1:] if token[0] == "\\" else shown.get(index, _show(token)) for index, token in enumerate(tokens)
    )
    return ("-" if negative else "") + text


def _show(token: str) -> str:
    """What a token shows that takes no digit."""
    return "" if token in PLACES or token in {",", "@"} else token


def _fill_whole(shown: dict[int, str], digits: str, places: list[int], tokens: Sequence[str], *, grouped: bool) -> None:
    for order, place in enumerate(reversed(places)):
        digit = digits[len(digits) - 1 - order : len(digits) - order] if order < len(digits) else ""
        digit = digit or ("0" if tokens[place] == "0" else "")
        shown[place] = digit + ("," if grouped and digit and order and order % 3 == 0 else "")
    if places and len(digits) > len(places):
        first, rest = places[0], digits[: len(digits) - len(places)]
        for order, digit in enumerate(reversed(rest), start=len(places)):
            shown[first] = digit + ("," if grouped and order % 3 == 0 else "") + shown[first]


def _fill_decimals(shown: dict[int, str], digits: str, places: list[int], tokens: Sequence[str]) -> None:
    needed = max((order + 1 for order, place in enumerate(places) if tokens[place] == "0"), default=0)
    kept = max(needed, len(digits.rstrip("0")))
    for order, place in enumerate(places):
        shown[place] = digits[order] if order < kept else ""


def _write_power(token: str, exponent: int) -> str:
    match = POWER.fullmatch(token)
    size = len(match[2]) if match else 1
    sign = "-" if exponent < 0 else "+" if match and match[1] == "+" else ""
    return f"{token[0]}{sign}{abs(exponent):0{size}}"

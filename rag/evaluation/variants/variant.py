"""What is compared: a model and what is done to it, written as TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from rag.errors import ConfigError
from rag.evaluation.variants.verdict import Thresholds
from rag.models.shipped import EMBEDDER, READER

Kind = Literal["reader", "embedder"]
Precision = Literal["auto", "fp32", "bf16", "int8"]
Search = Literal["exact", "approximate"]
Head: TypeAlias = tuple[int, int]
"""Layer and head, both from 1."""

SHIPPED = Path(__file__).parent / "shipped"
_OF_READERS = ("precision", "removed_heads", "removed_layers", "query_size")
_OF_EMBEDDERS = ("dimensions", "index")


@dataclass(frozen=True, slots=True)
class Variant:
    """One model, changed.

    `model`: hub name or folder. `precision`: number format; "auto" is what the product takes on this machine.
    `removed_heads`: a share of all, those worth least, or a list. `removed_layers`: from 1. `query_size`: d_k, 0 for
    that of the model. `dimensions`: numbers of a vector that are kept, 0 for all. `index`: whether all vectors are
    compared, or those of some clusters. `thresholds` count where the variant is the baseline.
    """

    name: str
    kind: Kind
    model: str
    precision: Precision = "auto"
    removed_heads: float | tuple[Head, ...] = 0.0
    removed_layers: tuple[int, ...] = ()
    query_size: int = 0
    dimensions: int = 0
    index: Search = "exact"
    thresholds: Thresholds | None = None


def load_variants(paths: Sequence[Path]) -> list[Variant]:
    """Load the variants of a comparison, the first one as the baseline.

    Raises:
        ConfigError: A file is not in the format, fewer than two are given, they are not of one kind, or two have one
            name.
    """
    variants = [load_variant(path) for path in paths]
    if len(variants) < 2:
        raise ConfigError(f"{len(variants)} variant given; expected a baseline and at least one to compare it with")
    kinds = sorted({variant.kind for variant in variants})
    if len(kinds) > 1:
        raise ConfigError(f"variants are of kinds {' and '.join(kinds)}; expected one kind: compare them apart")
    names = [variant.name for variant in variants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"two variants are called {twice[0]!r}; expected names that differ: give one another `name`")
    return variants


def list_shipped(kind: Kind) -> list[Path]:
    """List the variants that come with the package, the baseline first."""
    return sorted(SHIPPED.glob(f"{kind}*.toml"), key=lambda path: (path.stem != kind, path.stem))


def load_variant(path: Path) -> Variant:
    """Load one variant; without a `name` it has that of its file.

    Raises:
        ConfigError: The file cannot be read or is not in the format.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except ValueError as error:
        raise ConfigError(f"{path}: expected TOML in UTF-8, found something else ({error})") from error
    kind = _choose(content.pop("kind", None), get_args(Kind), f"{path}: kind")
    known = ("name", "model", "thresholds", *(_OF_READERS if kind == "reader" else _OF_EMBEDDERS))
    unknown = sorted(content.keys() - set(known))
    if unknown:
        names = ", ".join(("kind", *known))
        raise ConfigError(f"{path}: {', '.join(unknown)} unknown for a {kind}; expected some of {names}")
    values = {name: _READERS[name](value, f"{path}: {name}") for name, value in content.items()}
    variant = Variant(path.stem, kind, READER if kind == "reader" else EMBEDDER)
    variant = replace(variant, **values)
    # A folder is named from where the file lies.
    beside = path.parent / variant.model
    return replace(variant, model=str(beside)) if beside.is_dir() else variant


def _choose(value: object, names: Sequence[str], place: str) -> Any:
    if value not in names:
        raise ConfigError(f"{place} is {value!r}; expected one of {', '.join(names)}")
    return value


def _read_text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{place} is {value!r}; expected a text")
    return value


def _read_count(value: object, place: str) -> int:
    if type(value) is not int or value < 1:
        raise ConfigError(f"{place} is {value!r}; expected a whole number of at least 1")
    return value


def _read_layers(value: object, place: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{place} is {value!r}; expected a list of layers such as [5]")
    return tuple(_read_count(each, place) for each in value)


def _read_heads(value: object, place: str) -> float | tuple[Head, ...]:
    if isinstance(value, float) and 0 < value < 1:
        return value
    if isinstance(value, list) and value and all(isinstance(each, list) and len(each) == 2 for each in value):
        return tuple((_read_count(layer, place), _read_count(head, place)) for layer, head in value)
    raise ConfigError(
        f"{place} is {value!r}; expected a share such as 0.3, or a list of [layer, head] such as [[1, 4], [6, 12]]"
    )


def _read_thresholds(value: object, place: str) -> Thresholds:
    known = Thresholds.__dataclass_fields__
    if not isinstance(value, Mapping) or not value.keys() <= known.keys():
        raise ConfigError(f"{place} is {value!r}; expected a table with some of {', '.join(known)}")
    for name, number in value.items():
        kinds = (int,) if name == "min_questions" else (int, float)
        if type(number) not in kinds:
            raise ConfigError(f"{place}: {name} is {number!r}; expected a number")
    return Thresholds(**value)


_READERS: Mapping[str, Any] = {
    "name": _read_text,
    "model": _read_text,
    "precision": lambda value, place: _choose(value, get_args(Precision), place),
    "removed_heads": _read_heads,
    "removed_layers": _read_layers,
    "query_size": _read_count,
    "dimensions": _read_count,
    "index": lambda value, place: _choose(value, get_args(Search), place),
    "thresholds": _read_thresholds,
}

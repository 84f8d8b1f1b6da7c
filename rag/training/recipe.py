"""Settings of the stages, read from one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from rag.errors import ConfigError

FOLDER = Path(__file__).parent / "recipes"

Settings = TypeVar("Settings")


def locate_recipe(stage: str) -> Path:
    """Return the file with the settings a stage has unless others are given."""
    return FOLDER / f"{stage}.toml"


def load_recipe(path: Path, kind: type[Settings]) -> Settings:
    """Read a recipe into a record; a table of the file is a record inside it.

    Raises:
        ConfigError: The file cannot be read, or names a setting that does not exist, or one of the wrong kind.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except ValueError as error:
        raise ConfigError(f"{path}: expected TOML in UTF-8, found something else ({error})") from error
    return _build(kind, content, str(path))


def _build(kind: type[Settings], table: Mapping[str, Any], place: str) -> Settings:
    known = get_type_hints(kind)
    unknown = sorted(table.keys() - known.keys())
    if unknown:
        raise ConfigError(f"{place}: unknown {', '.join(unknown)}; expected some of {', '.join(known)}")
    values = {name: _convert(known[name], value, f"{place}: {name}") for name, value in table.items()}
    needed = {field.name for field in fields(kind) if is_dataclass(known[field.name])}  # type: ignore[arg-type]
    if needed - values.keys():
        raise ConfigError(f"{place}: expected a table [{sorted(needed - values.keys())[0]}]")
    try:
        return kind(**values)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from error


def _convert(kind: type[Any], value: object, place: str) -> object:
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise ConfigError(f"{place}: expected a table, found {value!r}")
        return _build(kind, value, place)
    if get_origin(kind) is tuple:
        return _convert_list(get_args(kind)[0], value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise ConfigError(f"{place}: expected {kind.__name__}, found {value!r}")
    return value


def _convert_list(kind: type[Any], value: object, place: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{place}: expected a list of {kind.__name__}, found {value!r}")
    return tuple(_convert(kind, each, f"{place}[{number}]") for number, each in enumerate(value))

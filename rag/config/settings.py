"""Settings and where they come from: defaults < library manifest < rag.toml < RAG_* variables < arguments."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import get_args

from rag.chunks.context import Context
from rag.chunks.windowing import Pooling, Windowing
from rag.chunks.windows import Boundary, Unit
from rag.conversation.search_question import Conversation
from rag.errors import ConfigError
from rag.index.manifest import replace_file
from rag.models.shipped import EMBEDDER, READER
from rag.retrieval.fusion import DENSE_SHARE
from rag.retrieval.search import POOL, Mode
from rag.retrieval.widening import Widen

CONFIG_FILE = "rag.toml"
MANIFEST_FILE = "library.json"
MANIFEST_KEYS = ("embedder", "size", "stride", "unit", "boundary", "context", "pooling")
OLDER_MANIFEST = {"boundary": "sentences", "context": "none", "pooling": "window"}
"""What holds for a library whose manifest does not say it: it was made before this could be chosen."""
ENVIRONMENT_PREFIX = "RAG_"
MAY_BE_NONE = frozenset({"reranked"})
"""Numbers that may be 0."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen.

    `library`: folder of the library. `embedder`, `reader`: hub name or folder. `size`, `stride`: length and step of a
    window, in `unit`. `boundary`: where a window may end. `context`: what is put before a window where it is embedded
    and indexed. `pooling`: what the vector of a window is made of. `mode`: kind of search. `hits`: windows found for a
    question. `pool`: windows each kind of search contributes before fusion, in which `dense_share` is the say of the
    search by meaning. `reranked`: hits that the reader reads to put them in order, 0 for none. `widen`: what windows
    are widened to before they are read. `passage_characters`: longest passage made of overlapping windows. `passages`:
    passages handed to the reader. `conversation`: how a question takes up the turns before it. `reading_seconds`,
    `reading_memory`: what reading a file may take, in seconds for each document and in MiB.
    """

    library: str = "indexes/default"
    embedder: str = EMBEDDER
    reader: str = READER
    size: int = 400
    stride: int = 200
    unit: Unit = "characters"
    boundary: Boundary = "sentences"
    context: Context = "none"
    pooling: Pooling = "window"
    mode: Mode = "hybrid"
    hits: int = 10
    pool: int = POOL
    dense_share: float = DENSE_SHARE
    reranked: int = 10
    widen: Widen = "none"
    passage_characters: int = 800
    passages: int = 5
    conversation: Conversation = "history"
    reading_seconds: int = 120
    reading_memory: int = 2048

    @property
    def windowing(self) -> Windowing:
        """How windows are made."""
        return Windowing(self.size, self.stride, self.unit, self.boundary, self.context, self.pooling)


def load_settings(
    *,
    arguments: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Combine all sources of settings into one.

    Args:
        arguments: What the caller gave; None values count as not given.
        environment: Variables to read RAG_* from; `os.environ` unless given.
        config_file: TOML file to read; `rag.toml` in the working folder, if there is one, unless given.

    Raises:
        ConfigError: A source names an unknown setting or a value of the wrong kind.
    """
    given = {key: value for key, value in (arguments or {}).items() if value is not None}
    layers = [
        (str(config_file or CONFIG_FILE), _read_config(config_file)),
        ("environment", _read_environment(os.environ if environment is None else environment)),
        ("arguments", given),
    ]
    folder = Settings().library
    for _, layer in layers:
        folder = str(layer.get("library", folder))
    settings = Settings()
    layers.insert(0, (f"{folder}/{MANIFEST_FILE}", read_manifest(Path(folder))))
    for origin, layer in layers:
        settings = _apply(settings, layer, origin)
    _check_windows(settings, [origin for origin, layer in layers if layer.keys() & {"size", "stride"}])
    return settings


def read_manifest(folder: Path) -> dict[str, object]:
    """Read the settings of a library's windows and vectors; empty for a new one.

    Raises:
        ConfigError: The manifest is damaged.
    """
    path = folder / MANIFEST_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); expected a readable file: check rights"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path}: expected JSON, found {error}; restore the file or ingest anew") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected a JSON object, found {type(content).__name__}; restore it or ingest anew")
    return {**OLDER_MANIFEST, **content}


def write_manifest(folder: Path, settings: Settings) -> None:
    """Record in the library's folder the settings its windows and vectors depend on, unless they stand there.

    Raises:
        ConfigError: The manifest that stands there is damaged, or the new one cannot be written.
    """
    content = {key: value for key, value in asdict(settings).items() if key in MANIFEST_KEYS}
    if read_manifest(folder) == content:
        return
    data = json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
    try:
        replace_file(folder / MANIFEST_FILE, lambda file: file.write(data))
    except OSError as error:
        raise ConfigError(
            f"{folder / MANIFEST_FILE}: cannot be written ({error.strerror}); a library needs a folder you may write to"
        ) from error


def _read_config(path: Path | None) -> dict[str, object]:
    chosen = path or Path(CONFIG_FILE)
    if not chosen.is_file():
        if path is not None:
            raise ConfigError(f"{path}: no such settings file; give the path of a TOML file")
        return {}
    try:
        return tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{chosen}: cannot be read ({error.strerror}); expected a readable file: check rights"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{chosen}: expected TOML in UTF-8, found {error}; mend the file") from error


def _read_environment(environment: Mapping[str, str]) -> dict[str, object]:
    names = {field.name for field in fields(Settings)}
    found = {
        key.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT_PREFIX)
    }
    return {name: value for name, value in found.items() if name in names}


def _apply(settings: Settings, layer: Mapping[str, object], origin: str) -> Settings:
    kinds = {field.name: field.type for field in fields(Settings)}
    changes: dict[str, object] = {}
    for name, value in layer.items():
        if name not in kinds:
            raise ConfigError(f"{origin}: unknown setting {name!r}; known are {', '.join(kinds)}")
        changes[name] = _convert(name, value, str(kinds[name]), origin)
    return replace(settings, **changes)  # type: ignore[arg-type]


def _convert(name: str, value: object, kind: str, origin: str) -> object:
    if kind == "int":
        least = 0 if name in MAY_BE_NONE else 1
        if isinstance(value, bool) or not str(value).isdecimal() or int(str(value)) < least:
            raise ConfigError(f"{origin}: {name} = {value!r}; expected a whole number of at least {least}")
        return int(str(value))
    if kind == "float":
        try:
            share = float(str(value))
        except ValueError:
            share = -1.0
        if isinstance(value, bool) or not 0 <= share <= 1:
            raise ConfigError(f"{origin}: {name} = {value!r}; expected a number from 0 to 1")
        return share
    choices = {
        "Unit": get_args(Unit),
        "Boundary": get_args(Boundary),
        "Context": get_args(Context),
        "Pooling": get_args(Pooling),
        "Conversation": get_args(Conversation),
        "Mode": get_args(Mode),
        "Widen": get_args(Widen),
    }.get(kind)
    if not isinstance(value, str) or not value.strip() or (choices and value not in choices):
        expected = f"one of {', '.join(choices)}" if choices else "a text that is not empty"
        raise ConfigError(f"{origin}: {name} = {value!r}; expected {expected}")
    return value


def _check_windows(settings: Settings, origins: Sequence[str]) -> None:
    if settings.stride > settings.size:
        raise ConfigError(
            f"{', '.join(origins)}: stride = {settings.stride} is larger than size = {settings.size}; "
            "text between two windows would be lost: give a stride of at most the size"
        )

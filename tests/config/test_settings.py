"""Where settings come from, and which source wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.config.settings import Settings, load_settings, read_manifest, write_manifest
from rag.errors import ConfigError


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_without_any_source() -> None:
    assert load_settings(environment={}) == Settings()


def test_each_source_beats_the_one_below(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    write_manifest(folder, Settings(size=300, stride=150))
    base = {"library": str(folder)}
    assert load_settings(arguments=base, environment={}).size == 300
    Path("rag.toml").write_text("size = 350", encoding="utf-8")
    assert load_settings(arguments=base, environment={}).size == 350
    assert load_settings(arguments=base, environment={"RAG_SIZE": "360"}).size == 360
    assert load_settings(arguments={**base, "size": 370}, environment={"RAG_SIZE": "360"}).size == 370


def test_a_share_may_come_as_text() -> None:
    assert load_settings(environment={"RAG_DENSE_SHARE": "0.45"}).dense_share == 0.45


def test_nothing_may_be_reranked_but_something_must_be_found() -> None:
    assert load_settings(environment={"RAG_RERANKED": "0"}).reranked == 0
    with pytest.raises(ConfigError, match="reranked = -1; expected a whole number of at least 0"):
        load_settings(arguments={"reranked": -1}, environment={})
    with pytest.raises(ConfigError, match="hits = 0; expected a whole number of at least 1"):
        load_settings(arguments={"hits": 0}, environment={})


def test_arguments_that_are_none_count_as_not_given() -> None:
    assert load_settings(arguments={"reader": None}, environment={"RAG_READER": "a/b"}).reader == "a/b"


def test_foreign_variables_are_left_alone() -> None:
    assert load_settings(environment={"RAG_UNRELATED": "1", "PATH": "/bin"}) == Settings()


def test_manifest_keeps_only_what_vectors_depend_on(tmp_path: Path) -> None:
    write_manifest(tmp_path, Settings(embedder="m", size=300, stride=100, hits=3))
    assert read_manifest(tmp_path) == {
        "embedder": "m", "size": 300, "stride": 100, "unit": "characters", "boundary": "sentences", "context": "none",
        "pooling": "window",
    }  # fmt: skip


def test_a_library_that_does_not_say_it_was_made_as_older_versions_made_it(tmp_path: Path) -> None:
    older = '{"embedder": "m", "size": 300, "stride": 100, "unit": "characters"}'
    (tmp_path / "library.json").write_text(older, encoding="utf-8")
    settings = load_settings(arguments={"library": str(tmp_path)}, environment={})
    assert str(settings.windowing) == "300/100 characters"
    assert (settings.boundary, settings.context, settings.pooling) == ("sentences", "none", "window")
    write_manifest(tmp_path, settings)
    assert (tmp_path / "library.json").read_text(encoding="utf-8") == older


@pytest.mark.parametrize(
    ("source", "text", "message"),
    [
        pytest.param("rag.toml", "sise = 3", "unknown setting 'sise'; known are library,", id="unknown"),
        pytest.param("rag.toml", "size = 0", "size = 0; expected a whole number of at least 1", id="zero"),
        pytest.param("rag.toml", "size = true", "size = True; expected a whole number", id="boolean"),
        pytest.param("rag.toml", 'mode = "fast"', "expected one of hybrid, dense, lexical", id="choice"),
        pytest.param(
            "rag.toml", 'boundary = "pages"', "expected one of sentences, characters, articles", id="boundary"
        ),
        pytest.param(
            "rag.toml", 'conversation = "guess"', "expected one of rewrite, history, model, none", id="conversation"
        ),
        pytest.param("rag.toml", "reader = 3", "reader = 3; expected a text", id="kind"),
        pytest.param("rag.toml", 'reader = " "', "reader = ' '; expected a text that is not empty", id="blank"),
        pytest.param("rag.toml", "dense_share = 1.5", "dense_share = 1.5; expected a number from 0 to 1", id="share"),
        pytest.param("rag.toml", "dense_share = nan", "dense_share = nan; expected a number", id="no number"),
        pytest.param("rag.toml", "size = 100", "stride = 200 is larger than size = 100", id="stride"),
        pytest.param("rag.toml", "size = ", "expected TOML in UTF-8", id="syntax"),
    ],
)
def test_wrong_file_names_the_value(source: str, text: str, message: str) -> None:
    Path(source).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")) as caught:
        load_settings(environment={})
    assert source in str(caught.value)


def test_only_the_outcome_has_to_fit_together() -> None:
    settings = load_settings(environment={"RAG_SIZE": "100"}, arguments={"stride": 50})
    assert (settings.size, settings.stride) == (100, 50)
    with pytest.raises(ConfigError, match="environment, arguments: stride = 101 is larger than size = 100"):
        load_settings(environment={"RAG_SIZE": "100"}, arguments={"stride": 101})


def test_errors_name_the_file_that_was_given(tmp_path: Path) -> None:
    given = tmp_path / "mine.toml"
    given.write_text("hits = 0", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml: hits = 0"):
        load_settings(environment={}, config_file=given)
    with pytest.raises(ConfigError, match=r"cannot be read|no such settings file"):
        load_settings(environment={}, config_file=tmp_path)


def test_a_manifest_is_written_only_when_it_says_something_new(tmp_path: Path) -> None:
    write_manifest(tmp_path, Settings())
    before = (tmp_path / "library.json").stat().st_ino
    write_manifest(tmp_path, Settings(hits=3))
    assert (tmp_path / "library.json").stat().st_ino == before
    write_manifest(tmp_path, Settings(size=500))
    assert read_manifest(tmp_path)["size"] == 500
    assert [path.name for path in tmp_path.iterdir()] == ["library.json"]


def test_a_manifest_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.library\.json: cannot be written"):
        write_manifest(tmp_path / "none", Settings())


def test_a_settings_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(environment={}, config_file=tmp_path / "none.toml")


@pytest.mark.parametrize("content", ["{", json.dumps([1])], ids=["syntax", "list"])
def test_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "library.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"library\.json: expected"):
        read_manifest(tmp_path)

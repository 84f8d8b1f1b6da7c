"""Variants as TOML: what can be said, and what is wrong with other things."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.evaluation.variants.variant import Variant, list_shipped, load_variant, load_variants
from rag.evaluation.variants.verdict import Thresholds
from rag.models.shipped import EMBEDDER, READER


def write(folder: Path, text: str, name: str = "v") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_a_reader_can_be(tmp_path: Path) -> None:
    (tmp_path / "student").mkdir()
    text = (
        'kind = "reader"\nname = "小さい"\nmodel = "student"\nprecision = "int8"\nremoved_heads = [[1, 4], [6, 12]]\n'
        "removed_layers = [5]\nquery_size = 16\n[thresholds]\nmax_loss = 1\nmin_speedup = 1.2"
    )
    assert load_variant(write(tmp_path, text)) == Variant(
        name="小さい",
        kind="reader",
        model=str(tmp_path / "student"),
        precision="int8",
        removed_heads=((1, 4), (6, 12)),
        removed_layers=(5,),
        query_size=16,
        thresholds=Thresholds(max_loss=1, min_speedup=1.2),
    )


def test_without_more_it_is_the_shipped_model(tmp_path: Path) -> None:
    assert load_variant(write(tmp_path, 'kind = "reader"')) == Variant("v", "reader", READER)
    given = write(tmp_path, 'kind = "embedder"\ndimensions = 96\nindex = "approximate"', name="e")
    assert load_variant(given) == Variant("e", "embedder", EMBEDDER, dimensions=96, index="approximate")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "v.toml: kind is None; expected one of reader, embedder"),
        ('kind = "reranker"', "kind is 'reranker'"),
        ('kind = "reader"\ndimensions = 96', "dimensions unknown for a reader; expected some of kind, name, model"),
        ('kind = "embedder"\nprecision = "int8"', "precision unknown for a embedder"),
        ('kind = "reader"\nprecision = "int4"', "precision is 'int4'; expected one of auto, fp32, bf16, int8"),
        ('kind = "reader"\nremoved_heads = 1.5', r"removed_heads is 1\.5; expected a share such as 0\.3, or a list"),
        ('kind = "reader"\nremoved_heads = [[1, 0]]', "removed_heads is 0; expected a whole number of at least 1"),
        ('kind = "reader"\nremoved_layers = 5', r"removed_layers is 5; expected a list of layers such as \[5\]"),
        ('kind = "reader"\nquery_size = 0', "query_size is 0; expected a whole number of at least 1"),
        ('kind = "reader"\nmodel = " "', "model is ' '; expected a text"),
        ('kind = "reader"\nthresholds = 3', "thresholds is 3; expected a table with some of max_loss"),
        ('kind = "reader"\n[thresholds]\nmax_gain = 3', "expected a table with some of max_loss"),
        ('kind = "reader"\n[thresholds]\nmax_loss = "x"', "thresholds: max_loss is 'x'; expected a number"),
        ('kind = "reader"\n[thresholds]\nmax_loss = -1', "expected numbers of 0 or more"),
        ("kind =", "expected TOML in UTF-8"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_variant(write(tmp_path, text))


def test_files_that_do_not_fit_together(tmp_path: Path) -> None:
    first, other = write(tmp_path, 'kind = "reader"'), write(tmp_path, 'kind = "embedder"', name="e")
    with pytest.raises(ConfigError, match="1 variant given; expected a baseline and at least one"):
        load_variants([first])
    with pytest.raises(ConfigError, match="of kinds embedder and reader; expected one kind"):
        load_variants([first, other])
    with pytest.raises(ConfigError, match="two variants are called 'v'"):
        load_variants([first, first])
    with pytest.raises(ConfigError, match="cannot be read"):
        load_variant(tmp_path / "nowhere.toml")


def test_the_shipped_ones_load_with_the_baseline_first() -> None:
    readers, embedders = load_variants(list_shipped("reader")), load_variants(list_shipped("embedder"))
    assert [variant.name for variant in readers] == [
        "reader",
        "reader-bf16",
        "reader-fp32",
        "reader-heads-30",
        "reader-heads-50",
        "reader-int8",
        "reader-layers",
        "reader-narrow",
    ]
    assert [variant.name for variant in embedders] == [
        "embedder",
        "embedder-128",
        "embedder-192",
        "embedder-256",
        "embedder-96",
        "embedder-approximate",
    ]
    assert (readers[0].thresholds, readers[3].removed_heads) == (Thresholds(min_speedup=1.1), 0.3)

"""From a built data folder to a trained model by the recipe alone: tokenizer, shards, run, export."""

import re
from pathlib import Path

import pytest

from causerie.data.build import build
from causerie.data.recipe import load_recipe
from causerie.data.shards import read_manifest
from causerie.errors import ConfigError, DataError
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training.recipe import NewTokenizer
from causerie.training.run import train
from causerie.training.tokens import make_tokens
from tests.training.runs import events, recipe_of

DATA = """
name = "small"
seed = 0
holdout = 0.2

[[sources]]
name = "texts"
kind = "files"
path = "texts"
licence = "CC0-1.0"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    (folder / "texts").mkdir()
    for number in range(40):
        words = " ".join(f"the {each} of {number} is {each * number % 7}" for each in range(20))
        (folder / "texts" / f"{number:02}.txt").write_text(f"Text {number}.\n\n{words}\n", encoding="utf-8")
    (folder / "small.toml").write_text(DATA, encoding="utf-8")
    build(load_recipe(folder / "small.toml", []), folder / "data", beside=folder, workers=1)
    return folder / "data"


def test_a_tokenizer_is_learnt_the_text_encoded_and_a_model_trained(built: Path, tmp_path: Path) -> None:
    wanted = {"vocabulary": 300}
    samples = {"prompts": ["the "], "every_steps": 4, "tokens": 5}
    recipe = recipe_of(built, tmp_path / "run", tokenizer=wanted, schedule__steps=4, samples=samples)
    folder = train(recipe)
    tokenizer = Tokenizer.load(built / "tokenizer")
    manifest = read_manifest(built / "tokens" / "train")
    assert tokenizer.size <= 300
    assert manifest.tokenizer_sha256 == tokenizer.sha256
    assert events(folder.path, "step")[-1]["bits_per_byte"] > 0
    assert '"prompt": "the "' in (folder.path / "samples.jsonl").read_text(encoding="utf-8")
    assert (folder.path / "export" / "model.gguf").is_file()
    made = (built / "tokens" / "train" / "tokens-00000.bin").stat().st_mtime_ns
    make_tokens(recipe)  # nothing is made twice
    assert (built / "tokens" / "train" / "tokens-00000.bin").stat().st_mtime_ns == made


def test_a_smaller_vocabulary_makes_another_tokenizer_and_other_shards(built: Path, tmp_path: Path) -> None:
    recipe = recipe_of(built, tmp_path / "run")
    for size in (290, 270):
        make_tokens(recipe.model_copy(update={"tokenizer": NewTokenizer(vocabulary=size)}))
        assert read_manifest(built / "tokens" / "train").vocabulary_size == size


def test_text_without_a_tokenizer_is_refused(built: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "card.json").write_bytes((built / "card.json").read_bytes())
    with pytest.raises(ConfigError, match="no tokenizer is found in") as caught:
        train(recipe_of(bare, tmp_path / "run"))
    assert caught.value.param == "data.tokenizer"


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("data/sample", r"causerie data build .*sample\.toml"),
        ("mine/texts", "causerie data build RECIPE.toml --out mine/texts"),
    ],
)
def test_who_has_not_built_the_data_is_told_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=f"there is no data in {folder}") as caught:
        train(recipe_of(Path(folder), tmp_path / "run"))
    assert re.fullmatch(f"build it first: {command}", caught.value.hint)
    assert not (tmp_path / "run").exists()

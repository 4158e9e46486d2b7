"""A learnt vocabulary: its size, its order, the same each time, and what cannot be learnt."""

import json
from pathlib import Path

import pytest

from causerie.errors import ConfigError, ModelFileError
from causerie.tokenization import splitting
from causerie.tokenization.train import train_bpe
from tests.tokenization.conftest import SAMPLES, corpus


def test_the_same_texts_give_the_same_files(tmp_path: Path) -> None:
    first, again = (train_bpe(iter(corpus()), tmp_path / name, vocabulary=600) for name in ("first", "again"))
    assert first.sha256 == again.sha256
    assert (tmp_path / "first/tokenizer.json").read_bytes() == (tmp_path / "again/tokenizer.json").read_bytes()


def test_merges_never_cross_words_and_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    made = train_bpe(corpus(), tmp_path, vocabulary=600, pre_tokenizer="qwen2")
    ids = [made.vocabulary[left + right] for left, right in made.merges]
    assert ids == list(range(256, 597))
    assert len(made.encode(SAMPLES["english"])) < len(SAMPLES["english"]) / 1.5
    digits = [token for token in made.token_bytes if token.isdigit()]
    assert max(map(len, digits)) == 1


def test_few_texts_give_a_small_vocabulary(tmp_path: Path) -> None:
    made = train_bpe(["ab ab"], tmp_path, vocabulary=5000, specials=("<end>",))
    assert made.size < 270
    assert made.control == {"<end>": made.size - 1}
    assert (made.eos_id, made.document_end_id) == (made.size - 1, made.size - 1)


def test_the_name_of_the_splitting_is_kept(tmp_path: Path) -> None:
    train_bpe(["a"], tmp_path, vocabulary=260, pre_tokenizer="smollm")
    assert json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))["pre_tokenizer"] == "smollm"


def test_a_vocabulary_smaller_than_the_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer\.vocabulary 100 is less than 259"):
        train_bpe(["a"], tmp_path, vocabulary=100)


def test_an_unknown_splitting_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="'bert'") as refused:
        train_bpe(["a"], tmp_path, vocabulary=300, pre_tokenizer="bert")
    assert "llama-bpe, qwen2, gpt-2, smollm" in refused.value.hint


@pytest.mark.parametrize("name", splitting.TABLE)
def test_a_splitting_is_recognised_in_its_own_description(name: str) -> None:
    assert splitting.recognise(splitting.TABLE[name].description()).name == name

"""Folders of the Hugging Face form: theirs give their logits here, ours give our logits there.

`from_transformers/` holds what transformers 5.24.0 wrote for three tiny models of random bfloat16 weights, and the
logits that it computed from them in float32 for the tokens `PROMPT`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from causerie.errors import ModelFileError
from causerie.modeling.hf_folder import load_folder, save_folder
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe
from tests.modeling.conftest import FAMILIES, small_model

THEIRS = Path(__file__).parent / "from_transformers"
PROMPT = torch.arange(24)[None] * 7 % 64


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return train_bpe(["Il fait beau. It is fine."] * 9, tmp_path_factory.mktemp("tokenizer"), vocabulary=280)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_transformers_gives_its_logits_here(family: str) -> None:
    model = load_folder(THEIRS / family)
    assert model.config.family == family
    assert model.embedding.weight.requires_grad
    with torch.no_grad():
        ours = model.logits(model.hidden(PROMPT))[0]
    torch.testing.assert_close(ours, load_file(THEIRS / family / "logits.safetensors")["logits"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_saved_is_what_is_loaded(family: str, tokenizer: Tokenizer, tmp_path: Path) -> None:
    model = small_model(**FAMILIES[family])
    save_folder(model, tokenizer, tmp_path)
    again = load_folder(tmp_path)
    assert again.config == model.config
    for name, weight in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    assert Tokenizer.load(tmp_path).sha256 == tokenizer.sha256
    assert not list(tmp_path.glob("*.part"))
    generation = json.loads((tmp_path / "generation_config.json").read_text("utf-8"))
    assert generation["eos_token_id"] == [tokenizer.document_end_id, tokenizer.eos_id]


@pytest.mark.parametrize("family", FAMILIES)
def test_names_and_sizes_are_those_that_transformers_writes(
    family: str, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    save_folder(load_folder(THEIRS / family), tokenizer, tmp_path, dtype=torch.bfloat16)
    theirs = {key: value for file in (THEIRS / family).glob("model*.safetensors")
              for key, value in load_file(file).items()}  # fmt: skip
    ours = load_file(tmp_path / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    written, wanted = (json.loads((each / "config.json").read_text("utf-8")) for each in (tmp_path, THEIRS / family))
    shared = written.keys() & wanted.keys() - {"bos_token_id", "eos_token_id", "pad_token_id"}
    assert len(shared) >= 14
    assert {key: written[key] for key in shared} == {key: wanted[key] for key in shared}


@pytest.mark.parametrize("family", FAMILIES)
def test_transformers_opens_it_with_the_same_logits(family: str, tokenizer: Tokenizer, tmp_path: Path) -> None:
    import transformers

    model = small_model(**FAMILIES[family])
    save_folder(model, tokenizer, tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    with torch.no_grad():
        logits = theirs(PROMPT).logits
        torch.testing.assert_close(logits, model.logits(model.hidden(PROMPT)), rtol=0, atol=1e-4)
    text = "Il fait 23 °C.\n\n  <|im_end|>"
    words = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert words(text)["input_ids"] == tokenizer.encode_marked(text)


def changed(folder: Path, **changes: Any) -> Path:
    """A copy of their Llama with another config.json."""
    shutil.copytree(THEIRS / "llama", folder, dirs_exist_ok=True)
    described = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**described, **changes}), "utf-8")
    return folder


def test_version_4_says_ropes_numbers_elsewhere(tmp_path: Path) -> None:
    given = json.loads((THEIRS / "llama/config.json").read_text("utf-8"))["rope_parameters"]
    theta = given.pop("rope_theta")
    older = changed(tmp_path, rope_parameters=None, rope_theta=theta, rope_scaling=given)
    assert load_folder(older).config == load_folder(THEIRS / "llama").config


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "gemma3"}, "model_type = gemma3"),
        ({"mlp_bias": True}, "mlp_bias = True"),
        ({"attention_bias": True}, "attention_bias = True"),
        ({"hidden_act": "gelu"}, "hidden_act = gelu"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "stretches RoPE by 'yarn'"),
        ({"num_hidden_layers": 3}, r"has no weight model\.layers\.2"),
        ({"num_hidden_layers": 1}, r"has no place for: model\.layers\.1"),
        ({"intermediate_size": 50}, "has a weight of another shape"),
        ({"hidden_size": "x"}, "has no config.json that can be read"),
        ({"num_hidden_layers": 1.5}, "num_hidden_layers is 1.5"),
        ({"vocab_size": True}, "vocab_size is True"),
        ({"num_attention_heads": 0, "head_dim": None}, "has no config.json that can be read"),
        ({"rope_parameters": "x"}, "has no config.json that can be read"),
        ({"rope_theta": 10**400, "rope_parameters": None}, "has no config.json that can be read"),
        ({"intermediate_size": 10**20}, "has a weight of another shape"),
    ],
)
def test_a_network_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        load_folder(changed(tmp_path, **changes))


def test_missing_and_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"has no config\.json that can be read"):
        load_folder(tmp_path)
    folder = changed(tmp_path)
    for index in ("[]", '{"weight_map": {"model.norm.weight": 3}}'):
        (folder / "model.safetensors.index.json").write_text(index, "utf-8")
        with pytest.raises(ModelFileError, match="has no weights that can be read"):
            load_folder(folder)
    (folder / "model.safetensors.index.json").unlink()
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelFileError, match="has no weights that can be read"):
        load_folder(folder)
    for said in ("[]", "null", "[" * 100_000):
        (folder / "config.json").write_text(said, "utf-8")
        with pytest.raises(ModelFileError, match=r"has no config\.json that can be read"):
            load_folder(folder)
    shutil.copytree(THEIRS / "qwen3", tmp_path / "shards")
    next((tmp_path / "shards").glob("model-00001*")).unlink()
    with pytest.raises(ModelFileError, match=r"model-00001.* is damaged"):
        load_folder(tmp_path / "shards")

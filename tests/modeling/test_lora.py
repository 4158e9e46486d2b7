"""Adapters: nothing at first, little to train, merged into the same network, written and read as PEFT does."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from causerie.errors import ConfigError, ModelFileError
from causerie.modeling.lora import LoraConfig, adapters, apply_lora, load_lora, merge_lora, save_lora
from causerie.modeling.transformer import Transformer
from tests.modeling.conftest import small_model

TOKENS = torch.arange(20)[None] * 11 % 320


def with_adapters(config: LoraConfig) -> Transformer:
    """A model whose adapters have learnt something."""
    model = apply_lora(small_model(), config)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for _, adapter in adapters(model):
            adapter.b.normal_(std=0.1, generator=generator)
    return model


def test_at_first_nothing_changes_and_only_adapters_are_trained() -> None:
    plain, model = small_model(), apply_lora(small_model(), LoraConfig(rank=4))
    torch.testing.assert_close(model.hidden(TOKENS), plain.hidden(TOKENS))
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert len(trained) == 2 * 7 * plain.config.layers
    assert all(name.endswith((".a", ".b")) for name in trained)
    model(TOKENS[:, :-1], None, TOKENS[:, 1:]).total.backward()
    assert {name for name, weight in model.named_parameters() if weight.grad is not None} == trained


def test_merged_it_is_a_plain_model_with_the_same_outputs() -> None:
    model = with_adapters(LoraConfig(rank=4, alpha=12))
    adapted = model.hidden(TOKENS)
    assert not torch.allclose(adapted, small_model().hidden(TOKENS), atol=0.1)
    merged = merge_lora(model)
    torch.testing.assert_close(merged.hidden(TOKENS), adapted, rtol=1e-4, atol=1e-4)
    assert merged.state_dict().keys() == small_model().state_dict().keys()
    assert all(weight.requires_grad for weight in merged.parameters())


def test_only_the_targets_are_adapted() -> None:
    model = with_adapters(LoraConfig(rank=2, targets=("q", "down")))
    assert [name for name, _ in adapters(model)] == [
        f"blocks.{layer}.{part}" for layer in range(2) for part in ("attention.q", "feed_forward.down")
    ]


def test_dropout_is_for_training_only() -> None:
    model = with_adapters(LoraConfig(rank=4, dropout=0.5))
    assert not torch.equal(model.hidden(TOKENS), model.hidden(TOKENS))
    model.eval()
    assert torch.equal(model.hidden(TOKENS), model.hidden(TOKENS))


def test_written_and_read_they_do_the_same(tmp_path: Path) -> None:
    config = LoraConfig(rank=4, alpha=12, targets=("q", "v"), dropout=0.1)
    model = with_adapters(config)
    save_lora(model, config, tmp_path, base="starter")
    weights = load_file(tmp_path / "adapter_model.safetensors")
    assert weights["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight"].shape == (32, 4)
    assert len(weights) == 8
    again = small_model()
    assert load_lora(again, tmp_path) == config
    torch.testing.assert_close(again.eval().hidden(TOKENS), model.eval().hidden(TOKENS))


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_rows_of_new_tokens_are_written_and_read_with_them(tmp_path: Path, tied: bool) -> None:
    config, tokens = LoraConfig(rank=4), [7, 300]
    model = apply_lora(small_model(tied=tied), config)
    with torch.no_grad():
        for weight in {model.embedding.weight, model.head_weight}:
            weight[tokens] = torch.arange(128.0).view(2, 64)
    save_lora(model, config, tmp_path, tokens=tokens)
    described = json.loads((tmp_path / "adapter_config.json").read_text())
    matrices = ["embed_tokens"] if tied else ["embed_tokens", "lm_head"]
    assert described["trainable_token_indices"] == dict.fromkeys(matrices, tokens)
    again = small_model(tied=tied)
    load_lora(again, tmp_path)
    assert torch.equal(again.embedding.weight, model.embedding.weight)
    assert torch.equal(again.head_weight, model.head_weight)


@pytest.mark.parametrize("ids", [[7, 320], [7, -1], [7], ["7", 8], 7, {"embed_tokens": "78"}])
def test_rows_that_fit_no_token_are_refused(tmp_path: Path, ids: object) -> None:
    config = LoraConfig(rank=4)
    save_lora(with_adapters(config), config, tmp_path, tokens=[7, 8])
    described = json.loads((tmp_path / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps({**described, "trainable_token_indices": ids}))
    with pytest.raises(ModelFileError, match=r"no rows of the right shape for the tokens of model\.embed_tokens"):
        load_lora(small_model(), tmp_path)


def test_adapters_of_another_shape_are_refused(tmp_path: Path) -> None:
    config = LoraConfig(rank=4)
    save_lora(with_adapters(config), config, tmp_path)
    with pytest.raises(ModelFileError, match="no adapter of the right shape for base_model"):
        load_lora(small_model(hidden=64), tmp_path)
    with pytest.raises(ModelFileError, match="holds no adapters that can be read"):
        load_lora(small_model(), tmp_path / "nowhere")


def test_adapters_upon_adapters_are_refused() -> None:
    with pytest.raises(ConfigError, match="has adapters already"):
        apply_lora(apply_lora(small_model(), LoraConfig()), LoraConfig())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rank": 0}, r"lora\.rank 0 must be at least 1"),
        ({"dropout": 1.0}, r"lora\.dropout 1\.0"),
        ({"targets": ("q", "x")}, r"lora\.targets \['q', 'x'\] is not a list of matrices"),
        ({"targets": ()}, r"lora\.targets \[\] is not"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        LoraConfig(**changes)

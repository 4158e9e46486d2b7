"""The sizes: derived from the depth, counted right, refused where they cannot be built."""

import subprocess
import sys
from typing import Any

import pytest

from causerie.errors import ConfigError
from causerie.modeling.config import from_depth, learning_rates
from causerie.modeling.transformer import Transformer
from tests.modeling.conftest import FAMILIES, small_model


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parameters_are_counted_without_building_the_model(family: str) -> None:
    model = small_model(**FAMILIES[family])
    assert model.config.family == family
    assert model.config.parameters() == sum(weight.numel() for weight in model.parameters())


def test_depth_sets_every_other_size() -> None:
    config = from_depth(6, vocabulary=4096, context=256)
    assert (config.width, config.layers, config.heads, config.hidden) == (384, 6, 6, 1024)
    assert 12e6 < config.parameters() < 12.5e6
    large = from_depth(32, vocabulary=65_536)
    assert (large.heads, large.kv_heads, large.head_width, large.tied) == (16, 4, 128, False)
    assert from_depth(6, vocabulary=4096, hidden=512, tied=False).hidden == 512


def test_flops_are_six_for_a_weight_and_twelve_for_a_pair_of_positions() -> None:
    config = from_depth(1, vocabulary=100, context=10)
    matrices = 4 * 64 * 64 + 3 * 64 * 192
    assert config.flops_per_token(10) == 6 * (matrices + 100 * 64) + 12 * 64 * 5
    assert config.flops_per_token() == config.flops_per_token(10)


def test_learning_rates_fall_with_the_width() -> None:
    narrow, wide = (learning_rates(from_depth(depth, vocabulary=100)) for depth in (6, 24))
    assert narrow.matrices == wide.matrices
    assert narrow.matrices_adamw == pytest.approx(4 * wide.matrices_adamw)
    assert narrow.embedding == pytest.approx(2 * wide.embedding)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": 0}, "model.layers 0 must be at least 1"),
        ({"heads": 4, "kv_heads": 3}, "model.heads 4 is not a multiple of model.kv_heads 3"),
        ({"head_width": 7}, "model.head_width 7 must be even"),
        ({"qkv_bias": True}, "model.qk_norm and model.qkv_bias"),
        ({"widht": 3}, "model.widht is not a size of the model"),
    ],
)
def test_sizes_that_cannot_be_built_are_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        from_depth(4, vocabulary=100, **changes)


def test_a_depth_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.depth 0"):
        from_depth(0, vocabulary=100)


def test_sizes_are_known_without_torch() -> None:
    program = "import sys, causerie.modeling.config; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_fresh_model_is_the_identity_and_finds_all_tokens_alike() -> None:
    import torch

    model = Transformer(from_depth(2, vocabulary=50, context=16))
    logits = model.logits(model.hidden(torch.arange(8)[None]))
    # Each token's own logit stands out in a tied model; the blocks add nothing yet.
    hidden = model.norm(model.embedding(torch.arange(8)[None]))
    assert torch.allclose(logits, model.logits(hidden), atol=1e-5)

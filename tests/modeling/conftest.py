"""Tiny models with every weight at work: norms and biases too, which a fresh model leaves at one and zero."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from causerie.modeling.config import Llama3Scaling, ModelConfig
from causerie.modeling.transformer import Transformer

SMALL = {
    "vocabulary": 320, "width": 64, "layers": 2, "heads": 4, "kv_heads": 2, "head_width": 16, "hidden": 96,
    "context": 128,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "qwen3": {"head_width": 32, "tied": False},
    "qwen2": {"qk_norm": False, "qkv_bias": True},
    "llama": {"qk_norm": False, "rope_theta": 5e5, "rope_scaling": Llama3Scaling(original_context=32)},
}


def small_model(seed: int = 0, **changes: Any) -> Transformer:
    """A model whose weights are all drawn, large enough that its choices are clear."""
    model = Transformer(ModelConfig(**{**SMALL, **changes}))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):
                weight.uniform_(0.5, 1.5, generator=generator)
            elif name.endswith("bias"):
                weight.normal_(std=0.3, generator=generator)
            else:
                weight.normal_(std=1.5 * weight.shape[1] ** -0.5, generator=generator)
    return model


@pytest.fixture
def make_model() -> Callable[..., Transformer]:
    return small_model


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Products in the same order each time, and one core left to others."""
    torch.set_num_threads(1)

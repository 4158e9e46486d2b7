"""Products in 8 bits: the arithmetic, as a processor imitates it, and the refusal where the hardware has none."""

from pathlib import Path

import pytest
import torch
from torch import nn

from causerie.errors import ConfigError
from causerie.modeling.config import ModelConfig
from causerie.modeling.lora import LoraConfig, apply_lora
from causerie.modeling.loss import Loss
from causerie.modeling.transformer import Transformer
from causerie.training import float8
from causerie.training.run import train
from tests.training.runs import recipe_of

SIZES = ModelConfig(vocabulary=48, width=32, layers=2, heads=2, kv_heads=1, head_width=16, hidden=64, context=32)


def test_a_processor_is_refused_with_the_reason(language: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"needs a GPU that multiplies 8-bit numbers, and this run is on cpu"
    ) as caught:
        train(recipe_of(language, tmp_path / "run", compute__precision="fp8"))
    assert caught.value.param == "compute.precision"
    assert 'use "bfloat16" or "auto"' in caught.value.hint
    assert not (tmp_path / "run" / "recipe.toml").exists()


@pytest.mark.parametrize(
    ("capability", "hip", "refused"),
    [((8, 9), None, ""), ((9, 0), None, ""), ((8, 0), None, r"A100 \(8\.0\)"), ((9, 4), "6.4", "cuda 6.4")],
)
def test_gpus_by_what_they_say_of_themselves(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], hip: str | None, refused: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A100")
    monkeypatch.setattr(torch.version, "hip", hip)
    if not refused:
        float8.check_float8(torch.device("cuda"))
        return
    with pytest.raises(ConfigError, match=refused):
        float8.check_float8(torch.device("cuda"))


@pytest.mark.parametrize(("kind", "error"), [(float8.FINE, 2**-4), (float8.FAR, 2**-3)])
def test_eight_bits_keep_a_number_to_their_fraction(kind: torch.dtype, error: float) -> None:
    x = torch.randn(64, 48, generator=torch.Generator().manual_seed(0)) * 1e-3
    small, scale = float8.quantised(x, kind)
    back = small.float() * scale
    assert small.dtype == kind
    assert back.abs().max() == pytest.approx(x.abs().max(), rel=1e-6)
    normal = x.abs() > x.abs().max() / 64
    assert ((back - x).abs() / x.abs())[normal].max() <= error
    zeros, scale = float8.quantised(torch.zeros(4), kind)
    assert not (zeros.float() * scale).any()


@pytest.mark.parametrize("positions", [32, 30])
def test_a_product_and_its_gradients_are_those_of_float32_but_for_rounding(positions: int) -> None:
    generator = torch.Generator().manual_seed(1)
    plain = nn.Linear(48, 64)
    x = torch.randn(2, positions // 2, 48, generator=generator, requires_grad=True)
    slope = torch.randn(2, positions // 2, 64, generator=generator)
    expected = plain(x)
    wanted = torch.autograd.grad((expected * slope).sum(), [x, plain.weight, plain.bias])
    found = float8.Float8Linear(plain)(x)
    assert found.dtype == torch.bfloat16
    got = torch.autograd.grad((found * slope).sum(), [x, plain.weight, plain.bias])
    for ours, theirs in zip((found, *got), (expected, *wanted), strict=True):
        assert ours.shape == theirs.shape
        assert 0 < (ours - theirs).norm() / theirs.norm() < 0.08


def test_a_network_keeps_its_names_and_weights_and_learns() -> None:
    torch.manual_seed(0)
    network = Transformer(SIZES)
    names = [name for name, _ in network.named_parameters()]
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    tokens_BT = torch.randint(48, (4, 32), generator=torch.Generator().manual_seed(2))
    plain = network(tokens_BT, None, tokens_BT)
    assert float8.to_float8(network) == 2 * 7
    assert [name for name, _ in network.named_parameters()] == names
    assert all(torch.equal(weight, before[name]) for name, weight in network.state_dict().items())
    with torch.no_grad():
        assert torch.equal(network(tokens_BT, None, tokens_BT).total, plain.total)
    losses = []
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(30):
        loss = network(tokens_BT, None, tokens_BT)
        assert isinstance(loss, Loss)
        torch.autograd.backward(loss.total / 128)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.total.detach()) / 128)
    assert losses[0] == pytest.approx(float(plain.total.detach()) / 128, rel=0.02)
    assert losses[-1] < losses[0] - 1


def test_frozen_matrices_beside_adapters_multiply_in_eight_bits_too() -> None:
    network = apply_lora(Transformer(SIZES), LoraConfig(rank=4))
    assert float8.to_float8(network) == 2 * 7
    tokens_BT = torch.zeros(1, 16, dtype=torch.int64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = network(tokens_BT, None, tokens_BT)
    torch.autograd.backward(loss.total)
    assert all(weight.grad is None for name, weight in network.named_parameters() if "frozen" in name)


def test_matrices_of_other_sides_are_left_as_they_are() -> None:
    config = ModelConfig(vocabulary=48, width=24, layers=1, heads=1, kv_heads=1, head_width=24, hidden=40, context=32)
    assert float8.to_float8(Transformer(config)) == 0

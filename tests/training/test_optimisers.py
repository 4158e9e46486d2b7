"""Optimisers: against the mathematics and against torch's own."""

import math

import pytest
import torch
from torch import nn

from causerie.modeling.config import from_depth, learning_rates
from causerie.modeling.transformer import Transformer
from causerie.training.optimisers import Muon, Optimiser, kind_of, orthogonalised
from causerie.training.recipe import Optimiser as Settings
from causerie.training.recipe import Schedule
from causerie.training.schedule import share

CONFIG = from_depth(2, vocabulary=64, context=16, width=32, heads=2, kv_heads=1, head_width=16, hidden=48)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(16, 16), (8, 24), (24, 8)])
def test_an_orthogonalised_matrix_keeps_directions_and_evens_out_their_lengths(
    shape: tuple[int, int], precision: torch.dtype
) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape) * torch.logspace(0, 2, shape[1])
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    nearest = orthogonalised(matrix, precision)
    assert nearest.dtype == torch.float32
    along = (u.T @ nearest @ v.T).diagonal()
    assert ((along > 0.5) & (along < 1.3)).float().mean() > 0.8


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_muon_is_torchs_muon(precision: torch.dtype) -> None:
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(12, 8)) for _ in range(2))
    muon = Muon([ours], lr=0.02, momentum=0.9, weight_decay=0.1, precision=precision)
    peer = torch.optim.Muon([theirs], lr=0.02, momentum=0.9, weight_decay=0.1)
    for _ in range(4):
        ours.grad = torch.randn(12, 8)
        theirs.grad = ours.grad.clone()
        muon.step()
        peer.step()  # type: ignore[no-untyped-call]
    assert torch.allclose(ours, theirs, atol=2e-3)  # torch multiplies in bfloat16
    assert not torch.allclose(ours, torch.ones(12, 8), atol=0.02)


def test_each_weight_has_the_rate_of_its_kind() -> None:
    model = Transformer(CONFIG)
    kinds = {name: kind_of(name, weight) for name, weight in model.named_parameters()}
    assert kinds["embedding.weight"] == "embedding"
    assert kinds["blocks.0.attention.q.weight"] == "matrices"
    assert kinds["norm.weight"] == "vectors"
    assert kind_of("head.weight", torch.zeros(2, 2)) == "head"


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_a_step_changes_every_weight_and_a_share_of_nothing_changes_none(kind: str) -> None:
    model = Transformer(CONFIG)
    optimiser = Optimiser(model, Settings.model_validate({"kind": kind}), learning_rates(CONFIG))
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}

    def step(share: float) -> None:
        torch.manual_seed(1)
        for weight in model.parameters():
            weight.grad = torch.randn_like(weight)
        optimiser.step(share)
        assert all(weight.grad is None for weight in model.parameters())

    step(0.0)
    assert all(torch.equal(before[name], weight) for name, weight in model.named_parameters())
    step(1.0)
    assert not any(torch.equal(before[name], weight) for name, weight in model.named_parameters())


def test_state_is_named_by_its_weight_and_is_the_very_tensor() -> None:
    model = Transformer(CONFIG)
    optimiser = Optimiser(model, Settings(), learning_rates(CONFIG))
    state = optimiser.state()
    assert state["momentum.blocks.0.attention.q.weight"].shape == (32, 32)
    assert {name.split(".", 1)[0] for name in state} == {"momentum", "step", "exp_avg", "exp_avg_sq"}
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimiser.step(1.0)
    assert state["step.norm.weight"] == 1
    assert state["exp_avg.norm.weight"].abs().sum() > 0


def test_wsd_rises_stays_and_falls() -> None:
    rates = [share(Schedule(steps=100, warm_up=0.1, decay=0.2), step, 100) for step in range(100)]
    assert rates[:2] == [1 / 11, 2 / 11]
    assert rates[10:80] == [1.0] * 70
    assert rates[80] == pytest.approx(20 / 21)
    assert rates[99] == pytest.approx(1 / 21)


def test_cosine_falls_along_half_a_wave_to_what_is_left() -> None:
    rates = [share(Schedule(steps=100, kind="cosine", warm_up=0.0, final=0.1), step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 101)) / 2)
    assert rates[99] == pytest.approx(0.1, abs=0.001)
    assert rates == sorted(rates, reverse=True)


def test_constant_stays() -> None:
    assert share(Schedule(steps=9, kind="constant", warm_up=0.0), 8, 9) == 1.0

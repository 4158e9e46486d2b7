"""The chunked loss against PyTorch's own on the whole logits: values, gradients, what is ignored, memory."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from causerie.modeling import loss
from causerie.modeling.loss import IGNORE, cross_entropy, log_probabilities

N, D, V = 300, 24, 97


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "CHUNK_ROWS", 64)
    monkeypatch.setattr(loss, "CHUNK_LOGITS", 1)


def problem(every: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, head and targets, of which one in `every` is ignored (0 = none)."""
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(N, D, generator=generator, requires_grad=True)
    head = torch.randn(V, D, generator=generator, requires_grad=True)
    targets = torch.randint(0, V, (N,), generator=generator)
    if every:
        targets[::every] = IGNORE
    return hidden, head, targets


def whole(hidden: Tensor, head: Tensor, targets: Tensor, z_loss: float) -> Tensor:
    logits = hidden @ head.T
    squares = logits.logsumexp(1).square()[targets != IGNORE].sum()
    return functional.cross_entropy(logits, targets, reduction="sum") + z_loss * squares


@pytest.mark.parametrize("every", [0, 3, 1])
@pytest.mark.parametrize("z_loss", [0.0, 1e-2])
def test_sum_and_gradients_are_those_of_the_whole_logits(every: int, z_loss: float) -> None:
    hidden, head, targets = problem(every)
    found = cross_entropy(hidden, head, targets, z_loss=z_loss)
    wanted = whole(hidden, head, targets, z_loss)
    assert found.positions == (targets != IGNORE).sum()
    torch.testing.assert_close(found.total, wanted)
    torch.testing.assert_close(found.cross_entropy, whole(hidden, head, targets, 0.0))
    for mine, its in zip(
        torch.autograd.grad(found.total / 7, (hidden, head)), torch.autograd.grad(wanted / 7, (hidden, head)),
        strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(mine, its, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("frozen", [False, True])
def test_log_probabilities_may_be_weighed_afterwards(frozen: bool) -> None:
    hidden, head, targets = problem()
    head.requires_grad_(not frozen)
    weights = torch.linspace(-1, 2, N)
    found = log_probabilities(hidden, head, targets)
    wanted = -functional.cross_entropy(hidden @ head.T, targets, reduction="none")
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    trained = [hidden] if frozen else [hidden, head]
    for mine, its in zip(
        torch.autograd.grad((found * weights).sum(), trained), torch.autograd.grad((wanted * weights).sum(), trained),
        strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(mine, its, rtol=1e-4, atol=1e-5)


def test_a_frozen_head_gets_no_gradient() -> None:
    hidden, head, targets = problem()
    total = cross_entropy(hidden, head.detach(), targets).total
    (mine,) = torch.autograd.grad(total, (hidden,))
    (its,) = torch.autograd.grad(whole(hidden, head.detach(), targets, 0.0), (hidden,))
    torch.testing.assert_close(mine, its, rtol=1e-4, atol=1e-5)


def test_nothing_is_kept_where_no_gradient_is_wanted() -> None:
    hidden, head, targets = problem()
    with torch.no_grad():
        assert not cross_entropy(hidden, head, targets).total.requires_grad
        assert not log_probabilities(hidden, head, targets).requires_grad


def test_logits_far_from_zero_do_not_overflow() -> None:
    hidden, head, targets = problem()
    found = cross_entropy(hidden * 1e3, head, targets).total
    torch.testing.assert_close(found, whole(hidden * 1e3, head, targets, 0.0))


def test_halves_are_summed_in_single_precision() -> None:
    hidden, head, targets = problem()
    exact = torch.autograd.grad(whole(hidden, head, targets, 0.0), head)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = cross_entropy(hidden, head, targets)
    assert found.total.dtype == torch.float32
    mine = torch.autograd.grad(found.total, head)[0]
    assert mine.dtype == torch.float32
    assert (mine - exact).abs().max() < 0.05 * exact.abs().max()


def test_the_logits_are_never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, head, targets = problem()
    shapes: list[tuple[int, ...]] = []
    softmax = loss._softmax

    def seen(*given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        made = softmax(*given)
        shapes.append(tuple(made[0].shape))
        return made

    monkeypatch.setattr(loss, "_softmax", seen)
    cross_entropy(hidden, head, targets).total.backward()  # type: ignore[no-untyped-call]
    assert shapes == [(64, V), (64, V), (64, V), (8, V)]


@pytest.mark.parametrize("wanted", [True, False])
def test_the_operations_keep_torchs_rules(wanted: bool) -> None:
    hidden, head, targets = problem()
    torch.library.opcheck(loss._summed, (hidden, head, targets, 0.01, wanted, wanted))
    torch.library.opcheck(loss._each, (hidden, head, targets, wanted))

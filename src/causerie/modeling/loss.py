"""Cross-entropy from hidden states, without ever holding the logits of more than some hundred positions.

Does: the matrix product with the head, the softmax, the loss and its gradient, chunk by chunk, in one operation that
torch.compile and torch.autograd take as one; positions without a target cost nothing.
Does not: average, over positions or over processes: the sum and the count are given, and the caller divides.

The logits of 2,048 positions over 150,000 tokens take 1.2 GB, and as much again for their gradient. But the gradient
of a chunk's loss is known as soon as the chunk's softmax is, so each chunk is finished before the next one begins:
    loss_n = logsumexp(z_n) - z_n[target] + z_loss * logsumexp(z_n)^2        with z_n = W h_n
    d loss_n / d z_n = softmax(z_n) * (1 + 2 * z_loss * logsumexp(z_n)) - onehot(target)
Sources: Wijmans et al., 2024, Cut Your Losses (https://arxiv.org/abs/2411.09009); Hsu et al., 2024, Liger Kernel
(https://arxiv.org/abs/2410.10989); z-loss: Chowdhery et al., 2022, PaLM, section 5.
"""

# Shape letters: N positions, M those of them with a target, C positions of a chunk, D width, V vocabulary.

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

IGNORE = -100
"""Target where nothing is to be learnt (PyTorch's own number for it)."""
CHUNK_LOGITS = 2**22
"""Logits of one chunk, as a goal: 16 MB in float32, a fortieth less time than chunks of 4 MB or of 32 MB."""
CHUNK_ROWS = 512
"""Positions of a chunk at least: with fewer, adding to the head's gradient costs more than the product itself."""


class Loss(NamedTuple):
    """Sums over the positions that have a target."""

    total: Tensor
    """What is minimised, in nats: cross-entropy and z-loss. Only this has a gradient."""
    cross_entropy: Tensor
    """In nats; divided by the bytes of the text and by ln 2 it is bits per byte."""
    positions: Tensor
    """How many positions had a target, int64."""


def cross_entropy(hidden_ND: Tensor, head_VD: Tensor, targets_N: Tensor, *, z_loss: float = 0.0) -> Loss:
    """Summed cross-entropy of the targets.

    Args:
        hidden_ND: The network's last hidden states.
        head_VD: The output head; cast to the type of `hidden`, in which the products are computed.
        targets_N: Token ids, int64, or `IGNORE`.
        z_loss: Weight of the squared log of the softmax's denominator: keeps logits from drifting (PaLM: 1e-4).
    """
    hidden_ND, head_VD = _same_type(hidden_ND, head_VD)
    wanted = torch.is_grad_enabled()
    total, plain, _, _ = _summed(
        hidden_ND, head_VD, targets_N, z_loss, wanted and hidden_ND.requires_grad, wanted and head_VD.requires_grad
    )
    return Loss(total, plain, (targets_N != IGNORE).sum())


def log_probabilities(hidden_ND: Tensor, head_VD: Tensor, targets_N: Tensor) -> Tensor:
    """Log-probability of each target, in nats, shape (N,), float32; 0 where the target is `IGNORE`.

    For losses that weigh positions by something known only afterwards (DPO, KTO). A trainable head costs the product
    a second time in the backward pass; a frozen one, as under LoRA, does not.
    """
    hidden_ND, head_VD = _same_type(hidden_ND, head_VD)
    wanted = torch.is_grad_enabled()
    losses_N, _ = _each(hidden_ND, head_VD, targets_N, wanted and hidden_ND.requires_grad)
    return -losses_N  # type: ignore[no-any-return]


def _same_type(hidden_ND: Tensor, head_VD: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the type that products are computed in: autocast does not reach into operations of one's own."""
    device = hidden_ND.device.type
    if torch.is_autocast_enabled(device):
        hidden_ND = hidden_ND.to(torch.get_autocast_dtype(device))
    return hidden_ND, head_VD.to(hidden_ND.dtype)


def _chunks(hidden_ND: Tensor, targets_N: Tensor, vocabulary: int) -> Iterator[tuple[Tensor | slice, Tensor, Tensor]]:
    """Which positions, their hidden states (C, D) and their targets (C,), for those that have a target."""
    rows = max(CHUNK_ROWS, CHUNK_LOGITS // vocabulary)
    kept = (targets_N != IGNORE).nonzero().squeeze(1)
    whole = len(kept) == len(targets_N)  # then slices do, and nothing is copied
    for start in range(0, len(kept), rows):
        where = slice(start, start + rows) if whole else kept[start : start + rows]
        yield where, hidden_ND[where], targets_N[where]


def _softmax(hidden_CD: Tensor, head_VD: Tensor, targets_C: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities (C, V), log of the denominator (C,) and cross-entropy (C,), in float32."""
    logits_CV = torch.mm(hidden_CD, head_VD.T).float()
    probabilities_CV = logits_CV.softmax(dim=1)
    # The largest probability is at least 1/V, so its logarithm is exact where a sum of small ones would not be.
    denominator_C = logits_CV.amax(dim=1) - probabilities_CV.amax(dim=1).log()
    losses_C = denominator_C - logits_CV.gather(1, targets_C[:, None]).squeeze(1)
    return probabilities_CV, denominator_C, losses_C


def _add_outer(gradient_VD: Tensor, slopes_CV: Tensor, hidden_CD: Tensor) -> None:
    """Add a chunk's part to the head's gradient, which is kept in float32."""
    if gradient_VD.dtype == slopes_CV.dtype == hidden_CD.dtype:
        gradient_VD.addmm_(slopes_CV.T, hidden_CD)
    else:
        gradient_VD += torch.mm(slopes_CV.T, hidden_CD)


@torch.library.custom_op("causerie::summed_cross_entropy", mutates_args=())
def _summed(
    hidden_ND: Tensor, head_VD: Tensor, targets_N: Tensor, z_loss: float, hidden_wanted: bool, head_wanted: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Total and plain sums; and the gradients of the total, each empty where it is not wanted."""
    plain = hidden_ND.new_zeros((), dtype=torch.float32)
    squares = torch.zeros_like(plain)
    d_hidden = torch.zeros_like(hidden_ND) if hidden_wanted else hidden_ND.new_empty(0)
    d_head = torch.zeros_like(head_VD, dtype=torch.float32) if head_wanted else head_VD.new_empty(0).float()
    for where, hidden_CD, targets_C in _chunks(hidden_ND, targets_N, head_VD.shape[0]):
        slopes_CV, denominator_C, losses_C = _softmax(hidden_CD, head_VD, targets_C)
        plain += losses_C.sum()
        squares += denominator_C.square().sum()
        if not (hidden_wanted or head_wanted):
            continue
        if z_loss:
            slopes_CV *= (1 + 2 * z_loss * denominator_C)[:, None]
        slopes_CV.scatter_add_(1, targets_C[:, None], -torch.ones_like(losses_C)[:, None])
        slopes_CV = slopes_CV.to(hidden_ND.dtype)
        if hidden_wanted:
            d_hidden[where] = torch.mm(slopes_CV, head_VD)
        if head_wanted:
            _add_outer(d_head, slopes_CV, hidden_CD)
    return plain + z_loss * squares, plain, d_hidden, d_head.to(head_VD.dtype)


@_summed.register_fake
def _(
    hidden_ND: Tensor, head_VD: Tensor, _targets: Tensor, _z_loss: float, hidden_wanted: bool, head_wanted: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    scalar = hidden_ND.new_empty((), dtype=torch.float32)
    d_hidden = torch.empty_like(hidden_ND) if hidden_wanted else hidden_ND.new_empty(0)
    d_head = torch.empty_like(head_VD) if head_wanted else head_VD.new_empty(0)
    return scalar, torch.empty_like(scalar), d_hidden, d_head


def _keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401 - torch's
    ctx.wanted = inputs[4:]
    ctx.save_for_backward(*output[2:])
    ctx.mark_non_differentiable(*output[1:])


def _summed_backward(ctx: Any, slope: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch's
    """The gradients are known since the forward pass: only the slope of what came after is missing."""
    d_hidden, d_head = ctx.saved_tensors
    hidden_wanted, head_wanted = ctx.wanted
    return (
        d_hidden * slope.to(d_hidden.dtype) if hidden_wanted else None,
        d_head * slope.to(d_head.dtype) if head_wanted else None,
        None, None, None, None,
    )  # fmt: skip


_summed.register_autograd(_summed_backward, setup_context=_keep_gradients)


@torch.library.custom_op("causerie::each_cross_entropy", mutates_args=())
def _each(hidden_ND: Tensor, head_VD: Tensor, targets_N: Tensor, hidden_wanted: bool) -> tuple[Tensor, Tensor]:
    """Loss of each position, 0 where ignored; and the gradient of each by its own hidden state (N, D)."""
    losses_N = hidden_ND.new_zeros(len(targets_N), dtype=torch.float32)
    d_hidden = torch.zeros_like(hidden_ND) if hidden_wanted else hidden_ND.new_empty(0)
    for where, hidden_CD, targets_C in _chunks(hidden_ND, targets_N, head_VD.shape[0]):
        slopes_CV, _, losses_C = _softmax(hidden_CD, head_VD, targets_C)
        losses_N[where] = losses_C
        if hidden_wanted:
            slopes_CV.scatter_add_(1, targets_C[:, None], -torch.ones_like(losses_C)[:, None])
            d_hidden[where] = torch.mm(slopes_CV.to(hidden_ND.dtype), head_VD)
    return losses_N, d_hidden


@_each.register_fake
def _(hidden_ND: Tensor, _head: Tensor, targets_N: Tensor, hidden_wanted: bool) -> tuple[Tensor, Tensor]:
    d_hidden = torch.empty_like(hidden_ND) if hidden_wanted else hidden_ND.new_empty(0)
    return hidden_ND.new_empty(len(targets_N), dtype=torch.float32), d_hidden


@torch.library.custom_op("causerie::head_gradient", mutates_args=())
def _head_gradient(hidden_ND: Tensor, head_VD: Tensor, targets_N: Tensor, slopes_N: Tensor) -> Tensor:
    """Gradient of the weighted sum of losses by the head (V, D): the weights must be known, so it is made last."""
    gradient_VD = torch.zeros_like(head_VD, dtype=torch.float32)
    for where, hidden_CD, targets_C in _chunks(hidden_ND, targets_N, head_VD.shape[0]):
        slopes_CV, _, losses_C = _softmax(hidden_CD, head_VD, targets_C)
        slopes_CV.scatter_add_(1, targets_C[:, None], -torch.ones_like(losses_C)[:, None])
        slopes_CV *= slopes_N[where][:, None]
        _add_outer(gradient_VD, slopes_CV.to(hidden_ND.dtype), hidden_CD)
    return gradient_VD.to(head_VD.dtype)


@_head_gradient.register_fake
def _(_hidden: Tensor, head_VD: Tensor, _targets: Tensor, _slopes: Tensor) -> Tensor:
    return torch.empty_like(head_VD)


def _keep_inputs(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401 - torch's
    hidden_ND, head_VD, targets_N, ctx.hidden_wanted = inputs
    ctx.save_for_backward(hidden_ND, head_VD, targets_N, output[1])
    ctx.mark_non_differentiable(output[1])


def _each_backward(ctx: Any, slopes_N: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch's
    hidden_ND, head_VD, targets_N, d_hidden = ctx.saved_tensors
    by_hidden = d_hidden * slopes_N.to(d_hidden.dtype)[:, None] if ctx.hidden_wanted else None
    by_head = _head_gradient(hidden_ND, head_VD, targets_N, slopes_N) if ctx.needs_input_grad[1] else None
    return by_hidden, by_head, None, None


_each.register_autograd(_each_backward, setup_context=_keep_inputs)

"""One step: gradients of a batch, over all its micro-batches and processes, and their length.

Does: share the batch's count among the losses before they are added, so that the gradient is the mean over the whole
batch, however it is cut; sum what is to be shown; clip.
Does not: change weights: the trainer looks at loss and gradient first.
"""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from causerie.training.contract import MicroBatch, Objective
from causerie.training.parallel import Processes, exchanging, whole


@dataclass(frozen=True)
class Outcome:
    """What a batch gave."""

    loss: float
    """Mean of what is minimised."""
    gradient_norm: float
    """Length of the gradient before it is clipped."""
    count: int
    """What the loss is a mean of, over all processes."""
    tokens: int
    """Tokens that passed through the network, over all processes."""
    means: dict[str, float] = field(default_factory=dict)
    """Of the objective's own sums."""


def products_in(precision: torch.dtype, device: torch.device) -> AbstractContextManager[object]:
    """Matrix products in this type; weights and sums stay in float32."""
    if precision == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=precision)


def gradients(
    model: nn.Module,
    objective: Objective,
    batches: Sequence[MicroBatch],
    processes: Processes,
    precision: torch.dtype,
) -> Outcome:
    """Add the gradient of the mean loss of the whole batch to the weights' `grad`.

    Args:
        model: As `parallel.spread` gave it.
        objective: Whose loss.
        batches: The micro-batches of this process.
        processes: Who else has some.
        precision: Type of products.
    """
    counts = torch.tensor([sum(b.count for b in batches), sum(b.tokens for b in batches)], dtype=torch.int64)
    count, tokens = (int(each) for each in processes.sum(counts))
    summed: dict[str, Tensor] = {}
    for number, batch in enumerate(batches, start=1):
        with exchanging(model, wanted=number == len(batches)):
            with products_in(precision, processes.device):
                loss = objective.loss(model, batch.to(processes.device))
            # Processes average their gradients; we want the sum over all, divided once by the count of all.
            torch.autograd.backward(loss.total * (processes.world / max(1, count)))
        for name, value in {"loss": loss.total, **loss.sums}.items():
            summed[name] = summed.get(name, 0) + value.detach().double()
    sums = processes.sum(torch.stack(list(summed.values())))
    means = dict(zip(summed, (sums / max(1, count)).tolist(), strict=True))
    return Outcome(means.pop("loss"), gradient_norm(model), count, tokens, means)


def gradient_norm(model: nn.Module) -> float:
    """Length of the gradient, all weights together."""
    found = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return float(whole(torch.nn.utils.get_total_norm(found))) if found else 0.0


def clip(model: nn.Module, norm: float, most: float) -> None:
    """Scale the gradient down to the length `most`, where it is longer (0 = never)."""
    if most and norm > most and math.isfinite(norm):
        for weight in model.parameters():
            if weight.grad is not None:
                weight.grad.mul_(most / norm)


@torch.no_grad()
def measured(model: nn.Module, objective: Objective, processes: Processes, precision: torch.dtype) -> Outcome | None:
    """Mean loss on what was held out, the same for any number of processes; None where nothing was."""
    summed: dict[str, Tensor] = {}
    count = torch.zeros(2, dtype=torch.int64)
    model.eval()
    for batch in objective.held_out():
        with products_in(precision, processes.device):
            loss = objective.loss(model, batch.to(processes.device))
        for name, value in {"loss": loss.total, **loss.sums}.items():
            summed[name] = summed.get(name, 0) + value.double()
        count += torch.tensor([batch.count, batch.tokens])
    model.train()
    if not summed:
        return None
    number, tokens = (int(each) for each in processes.sum(count))
    sums = processes.sum(torch.stack(list(summed.values())))
    means = dict(zip(summed, (sums / max(1, number)).tolist(), strict=True))
    return Outcome(means.pop("loss"), 0.0, number, tokens, means)

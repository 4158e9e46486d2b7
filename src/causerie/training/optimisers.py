"""From gradients to steps: Muon for the blocks' matrices, AdamW for everything else.

Does: sort the weights into groups, each with its learning rate; step; name every tensor of its state by the weight
that it belongs to, so that a checkpoint can be read by another number of processes.
Does not: clip or schedule; see `trainer.py`.

Muon replaces a matrix's mean gradient by the nearest matrix with orthogonal rows or columns, so that every direction
is learnt at the same pace, where the gradient itself has a few large ones that drown the others.

Sources:
    Jordan et al., 2024, Muon: https://kellerjordan.github.io/posts/muon/
    Liu et al., 2025, Muon is scalable for LLM training: https://arxiv.org/abs/2502.16982
    Loshchilov and Hutter, 2019, AdamW: https://arxiv.org/abs/1711.05101
"""

# Shape letters: R rows and C columns of a matrix.

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor

from causerie.modeling.config import LearningRates
from causerie.training.recipe import Optimiser as Settings

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic (Jordan et al.): steep at zero, so that small directions grow fastest."""
NEWTON_SCHULZ_STEPS = 5


def orthogonalised(matrix_RC: Tensor, precision: torch.dtype = torch.float32) -> Tensor:
    """About the nearest matrix with orthogonal rows (or columns, where these are fewer); the same shape.

    Each singular value is sent to somewhere between 0.7 and 1.2 by five steps of x -> a x + b x^3 + c x^5, which need
    products only: no decomposition, and bfloat16 is enough, where `precision` asks for it.
    """
    a, b, c = NEWTON_SCHULZ
    tall = matrix_RC.shape[0] > matrix_RC.shape[1]
    x_RC = matrix_RC.to(precision)
    # Products read rows that lie together a third faster than rows that are columns of something else.
    x_RC = x_RC.mT.contiguous() if tall else x_RC
    x_RC = x_RC / (x_RC.norm() + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        square_RR = x_RC @ x_RC.mT
        series_RR = torch.addmm(square_RR, square_RR, square_RR, beta=b, alpha=c)
        x_RC = torch.addmm(x_RC, series_RR, x_RC, beta=a)
    nearest_RC: Tensor = x_RC.mT if tall else x_RC
    return nearest_RC.to(matrix_RC.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal (see above). For matrices only.

    Args:
        weights: The matrices.
        lr: Learning rate: length of a step, relative to that of a matrix with orthogonal rows.
        momentum: Share of the mean gradient that is kept at each step.
        weight_decay: Share by which weights shrink, times the learning rate.
        precision: Type of the products that make a matrix orthogonal; weights and momentum stay as they are.
    """

    def __init__(
        self,
        weights: Iterable[Tensor],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._precision = precision
        for group in self.param_groups:
            for weight in group["params"]:
                self.state[weight]["momentum"] = torch.zeros_like(weight)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002 - torch's signature
        """Change the weights by their gradients."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                mean = self.state[weight]["momentum"]
                mean.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(mean, group["momentum"])  # Nesterov: where the mean will be one step on
                # A tall matrix steps further: its output is as much longer (Bernstein and Newhouse, 2024).
                length = group["lr"] * max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(
                    _direction(ahead, self._precision), alpha=-length
                )


def _direction(mean_RC: Tensor, precision: torch.dtype) -> Tensor:
    """The orthogonal matrix, also where its rows live in different processes: each keeps its own of the result."""
    if not isinstance(mean_RC, DTensor):
        return orthogonalised(mean_RC, precision)
    whole_RC = orthogonalised(mean_RC.full_tensor(), precision)
    return distribute_tensor(whole_RC, mean_RC.device_mesh, mean_RC.placements, src_data_rank=None)


class Optimiser:
    """Muon and AdamW as one.

    Args:
        model: Its weights that require a gradient are trained.
        settings: Of the recipe.
        rates: Of the model's size; the recipe's own come before them.
        precision: Type of Muon's products.
    """

    def __init__(
        self, model: nn.Module, settings: Settings, rates: LearningRates, precision: torch.dtype = torch.float32
    ) -> None:
        self._names: dict[Tensor, str] = {
            weight: name for name, weight in model.named_parameters() if weight.requires_grad
        }
        kinds: dict[str, list[Tensor]] = {"matrices": [], "embedding": [], "head": [], "vectors": []}
        for weight, name in self._names.items():
            kinds[kind_of(name, weight)].append(weight)
        highest = {
            "matrices": settings.matrices or (rates.matrices if settings.kind == "muon" else rates.matrices_adamw),
            "embedding": settings.embedding or rates.embedding,
            "head": settings.head or rates.head,
            "vectors": settings.vectors or rates.vectors,
        }
        self._parts: list[torch.optim.Optimizer] = []
        matrices = kinds.pop("matrices") if settings.kind == "muon" else []
        if matrices:
            self._parts.append(
                Muon(
                    matrices,
                    lr=highest["matrices"],
                    momentum=settings.momentum,
                    weight_decay=settings.weight_decay,
                    precision=precision,
                )
            )
        groups = [
            {
                "params": weights, "lr": highest[kind],
                "weight_decay": settings.weight_decay if kind == "matrices" else 0.0,
            }
            for kind, weights in kinds.items()
            if weights
        ]  # fmt: skip
        if groups:
            betas = (settings.beta1, settings.beta2)
            self._parts.append(torch.optim.AdamW(groups, betas=betas, eps=settings.epsilon, fused=True))
            _begin_adamw(self._parts[-1])
        for part in self._parts:
            for group in part.param_groups:
                group["highest"] = group["lr"]

    def step(self, share: float) -> None:
        """Change the weights by their gradients, at a share of the highest learning rates; forget the gradients."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = group["highest"] * share
            part.step()
            part.zero_grad(set_to_none=True)

    def forget(self) -> None:
        """Drop the gradients, and take no step."""
        for part in self._parts:
            part.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Every tensor that it remembers, by `<what>.<weight's name>`; loading writes into these very tensors."""
        return {
            f"{what}.{self._names[weight]}": tensor
            for part in self._parts
            for weight, own in part.state.items()
            for what, tensor in own.items()
        }


def kind_of(name: str, weight: Tensor) -> str:
    """Which learning rate a weight has: `embedding`, `head`, `matrices` or `vectors`."""
    if weight.ndim < 2:
        return "vectors"
    if name.startswith("embedding."):
        return "embedding"
    return "head" if name.startswith("head.") else "matrices"


def _begin_adamw(optimizer: torch.optim.Optimizer) -> None:
    # As AdamW does at its first step; here already, so that a checkpoint finds the tensors to write into.
    for group in optimizer.param_groups:
        for weight in group["params"]:
            optimizer.state[weight] = {
                "step": torch.zeros((), dtype=torch.float32, device=weight.device),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }

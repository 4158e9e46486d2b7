"""Matrix products in 8 bits, where the hardware multiplies them: NVIDIA's Ada, Hopper and later.

    forward     y = x W^T                  x and W in e4m3: 4 bits of exponent, 3 of fraction
    backward    dx = g W,  dW = g^T x      g in e5m2: coarser, but small gradients are not lost
Each tensor is divided by one number first, so that its largest value becomes the largest that 8 bits hold; the
product is multiplied by both numbers again. Weights, sums, norms, attention, embedding and head stay as they are.

Does: put such products into a network's blocks, under the same names of weights; refuse hardware that has none.
Does not: compute so when nothing is learnt: held-out text is measured as the exported model would compute it.
Source: Micikevicius et al., 2022, FP8 Formats for Deep Learning (https://arxiv.org/abs/2209.05433).

The arithmetic is tested on a processor, which torch lets imitate it. How fast it is on a GPU, and that a long run
learns as well as in bfloat16, has not been measured here.
"""

# Shape letters: N positions, I and O lengths of a matrix's input and output, R and C rows and columns.

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from causerie.errors import ConfigError

FINE, FAR = torch.float8_e4m3fn, torch.float8_e5m2
"""For what is multiplied forward, and for gradients."""
MULTIPLE = 16
"""The hardware multiplies matrices whose sides are multiples of this."""
FIRST_CAPABILITY = (8, 9)
"""Compute capability of Ada, the first NVIDIA GPUs that multiply 8-bit numbers."""


def check_float8(device: torch.device) -> None:
    """See to it that the device multiplies 8-bit numbers.

    Raises:
        ConfigError: It does not; the message says which device it is.
    """
    if device.type == "cuda" and not torch.version.hip:
        found = torch.cuda.get_device_capability(device)
        if found >= FIRST_CAPABILITY:
            return
        name = f"{torch.cuda.get_device_name(device)} ({found[0]}.{found[1]})"
    else:
        name = "cpu" if device.type == "cpu" else f"{device.type} {torch.version.hip or ''}".strip()
    raise ConfigError(
        'compute.precision "fp8" needs a GPU that multiplies 8-bit numbers, and this run is on {device}', device=name,
        param="compute.precision",
        hint='use "bfloat16" or "auto"; NVIDIA GPUs of compute capability {least} or more have 8 bits',
        least=".".join(map(str, FIRST_CAPABILITY)),
    )  # fmt: skip


def to_float8(network: nn.Module) -> int:
    """Let every matrix of the network whose sides allow it multiply in 8 bits; gives how many there are.

    The weights are the same tensors under the same names.

    Args:
        network: Its `blocks` are changed in place: the embedding and the head are more sensitive.
    """
    changed = 0
    for block in network.blocks:  # type: ignore[union-attr]  # modules, says torch
        for parent in list(block.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is nn.Linear and not (child.in_features % MULTIPLE or child.out_features % MULTIPLE):
                    setattr(parent, name, Float8Linear(child))
                    changed += 1
    return changed


class Float8Linear(nn.Linear):
    """A matrix that multiplies in 8 bits while it learns."""

    def __init__(self, plain: nn.Linear) -> None:
        """Takes over the weights of `plain`."""
        super().__init__(plain.in_features, plain.out_features, bias=plain.bias is not None, device="meta")
        self.weight, self.bias = plain.weight, plain.bias

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Linear`; in bfloat16 while it learns."""
        if not torch.is_grad_enabled():
            return super().forward(x)
        x_NI = x.reshape(-1, self.in_features)
        missing = -len(x_NI) % MULTIPLE
        # Rows of zeros add nothing to the gradient of the weights.
        y_NO = product(functional.pad(x_NI, (0, 0, 0, missing)) if missing else x_NI, self.weight)
        y_NO = y_NO[: len(x_NI)] if missing else y_NO
        y = y_NO.view(*x.shape[:-1], self.out_features)
        bias = cast("Tensor | None", self.bias)
        return y if bias is None else y + bias.to(y.dtype)


def quantised(x: Tensor, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    """A tensor in 8 bits, and the number (float32, no axes) that brings it back."""
    largest = torch.finfo(kind).max
    # A tensor of zeros is divided by something too.
    scale = (x.abs().amax().float() / largest).clamp(min=torch.finfo(torch.float32).tiny)
    return (x.float() / scale).clamp(-largest, largest).to(kind), scale


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x_NI: Tensor, weight_OI: Tensor) -> Tensor:  # noqa: ANN401 - torch's
        x8_NI, x_scale = quantised(x_NI, FINE)
        w8_OI, w_scale = quantised(weight_OI, FINE)
        ctx.save_for_backward(x8_NI, x_scale, w8_OI, w_scale)
        ctx.types = x_NI.dtype, weight_OI.dtype
        return _multiplied(x8_NI, w8_OI.t(), x_scale, w_scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:  # noqa: ANN401 - torch's
        x8_NI, x_scale, w8_OI, w_scale = ctx.saved_tensors
        g8_NO, g_scale = quantised(gradients[0], FAR)
        d_x = d_weight = None
        if ctx.needs_input_grad[0]:
            d_x = _multiplied(g8_NO, _by_columns(w8_OI), g_scale, w_scale).to(ctx.types[0])
        if ctx.needs_input_grad[1]:
            d_weight = _multiplied(g8_NO.t().contiguous(), _by_columns(x8_NI), g_scale, x_scale).to(ctx.types[1])
        return d_x, d_weight


def product(x_NI: Tensor, weight_OI: Tensor) -> Tensor:
    """The product x W^T in 8 bits, shape (N, O), bfloat16; its gradients too are products in 8 bits."""
    return _Product.apply(x_NI, weight_OI)  # type: ignore[no-any-return, no-untyped-call]


def _by_columns(matrix_RC: Tensor) -> Tensor:
    """The same matrix, its columns one after another in memory: the hardware wants the right one so."""
    return matrix_RC.t().contiguous().t()


def _multiplied(left_RI: Tensor, right_IC: Tensor, left_scale: Tensor, right_scale: Tensor) -> Tensor:
    """The product of two 8-bit matrices, brought back to its size, shape (R, C), bfloat16."""
    return torch._scaled_mm(  # noqa: SLF001 - torch.nn.functional.scaled_mm has no version for processors
        left_RI, right_IC, scale_a=left_scale, scale_b=right_scale, out_dtype=torch.bfloat16
    )

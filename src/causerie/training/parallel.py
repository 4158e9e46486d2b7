"""Several processes as one: who this is, what they add up, and how the model is spread over them.

Does: join the processes that torchrun started; wrap the model for DDP (whole in each process) or FSDP2 (a part of
every weight in each: Zhao et al., 2023, https://arxiv.org/abs/2304.11277); gloo on processors, NCCL on NVIDIA's.
Does not: start processes:
    torchrun --nproc-per-node 2 -m causerie.cli.main train recipes/starter.toml
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from causerie.modeling.transformer import Transformer
from causerie.training.machine import device_here

Kind = Literal["ddp", "fsdp"]


@dataclass(frozen=True)
class Processes:
    """This process among those of the run."""

    rank: int
    world: int
    device: torch.device
    background: distributed.ProcessGroup | None = None
    """For checkpoints, which talk while the training talks too."""

    @property
    def first(self) -> bool:
        """The one that writes and speaks for all."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, in each of them."""
        if self.world > 1:
            values = values.to(self.device)
            distributed.all_reduce(values)
        return values

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.world > 1:
            distributed.barrier()


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes of this run: those of torchrun, or this one alone."""
    cuda = torch.cuda.is_available()
    if not distributed.is_torchelastic_launched():
        yield Processes(0, 1, device_here())
        return
    device = torch.device("cuda", distributed.get_node_local_rank()) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    # Both: NCCL for what is on the device, gloo for checkpoints, which are written from the processor's memory.
    distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
    try:
        background = distributed.new_group(backend="gloo")
        yield Processes(distributed.get_rank(), distributed.get_world_size(), device, background)
    finally:
        distributed.destroy_process_group()


def spread(model: Transformer, kind: Kind, processes: Processes, precision: torch.dtype) -> nn.Module:
    """The model as all processes train it together; with one process, itself.

    Args:
        model: On its device; its weights are replaced in place under FSDP.
        kind: `ddp` or `fsdp`.
        processes: Who takes part.
        precision: Type of products: FSDP gathers the weights in it, which halves what is sent.
    """
    if processes.world == 1:
        return model
    if kind == "ddp":
        # Weights without a part in the loss do not exist here, so nobody searches for them.
        return DistributedDataParallel(model, gradient_as_bucket_view=True)
    policy = MixedPrecisionPolicy(param_dtype=precision, reduce_dtype=torch.float32)
    mesh = init_device_mesh(processes.device.type, (processes.world,))
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    return model


@contextmanager
def exchanging(model: nn.Module, *, wanted: bool) -> Iterator[None]:
    """Whether gradients are added up over the processes: only for the last micro-batch of a step."""
    if isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(wanted)
    with model.no_sync() if isinstance(model, DistributedDataParallel) and not wanted else nullcontext():
        yield


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor, also where each process has a part of it. All processes must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor

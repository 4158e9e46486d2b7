"""What an objective is: a stream of micro-batches, and a loss of each.

Does: define the values that pass between an objective and the trainer.
Does not: know a kind of objective; those are one file each in `objectives/`, by name in `objectives/table.py`.

A new objective is one file with a class of these methods, one line in the table, a test, and a line in the how-to.
The trainer does the rest: accumulation, processes, clipping, checkpoints, recovery, measuring.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class MicroBatch:
    """What one process computes at once."""

    tensors: Mapping[str, Tensor]
    """What the loss reads; on the processor until `to`."""
    count: int
    """What its loss is a sum over: targets, pairs or answers."""
    tokens: int
    """Tokens that pass through the network."""

    def to(self, device: torch.device) -> "MicroBatch":
        """The same on a device."""
        moved = {name: tensor.to(device, non_blocking=True) for name, tensor in self.tensors.items()}
        return MicroBatch(moved, self.count, self.tokens)


class Loss(NamedTuple):
    """Sums over what a micro-batch counts; the trainer divides by the count of the whole batch."""

    total: Tensor
    """What is minimised; only this has a gradient."""
    sums: Mapping[str, Tensor]
    """More to be shown as means, by name; `cross_entropy`, in nats a target, gives bits per byte."""


class Objective(Protocol):
    """What is learnt, and from what."""

    bytes_per_target: float
    """UTF-8 bytes of a target on average (0 = not known): cross-entropy / ln 2 / this = bits per byte."""
    sequences: int
    """How many sequences, pairs or answers there are to learn from."""

    left_out: dict[str, int]
    """What cannot be learnt from: how many, by reason."""
    vocabulary: int
    """Token ids that its data has, for a new model (0 = the model's own)."""
    token_ids: frozenset[int]
    """Those in its examples: the model to go on from may never have met some (empty = it reads plain text)."""

    def begin(self, model: nn.Module, folder: Path) -> None:
        """Before anything is learnt: what is needed of the model as it starts, kept in the run's folder."""
        ...

    def next(self) -> MicroBatch:
        """The next micro-batch of this process; there is no end."""
        ...

    def skip(self, batches: int) -> None:
        """Go on without these micro-batches."""
        ...

    def state(self) -> dict[str, Any]:
        """Where it stands, as plain numbers and strings."""
        ...

    def load(self, state: dict[str, Any]) -> None:
        """Go on where `state()` was taken."""
        ...

    def held_out(self) -> Iterator[MicroBatch]:
        """The micro-batches to measure on, of this process, the same each time; none if there are none."""
        ...

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """The loss of one micro-batch. All that the model computes goes through `model(...)`, never its parts."""
        ...

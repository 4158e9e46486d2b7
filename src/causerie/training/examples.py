"""Examples with a beginning and an end (conversations, pairs, answers), in an order that is resumed at the exact one.

Does: shuffle anew in each epoch, share among processes, skip, and say where it stands; pad rows of unequal length;
pack short rows into long ones.
Does not: make token ids; see `conversations.py`.
"""

# Shape letters: B rows, T positions.

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causerie.data.reader import permuted
from causerie.errors import DataError
from causerie.modeling.loss import IGNORE
from causerie.training.parallel import Processes


@dataclass(frozen=True)
class Encoded:
    """Token ids of one conversation."""

    ids: tuple[int, ...]
    learnt: tuple[bool, ...]
    """For each id, whether it is to be learnt: the assistant wrote it."""


class Order:
    """Which examples come next, without end.

    Args:
        count: How many there are.
        batch: How many this process takes at once.
        seed: Decides the order.
        processes: Who else takes some; together they see what one would with `batch * world`.
        sha256: Of the examples: a run goes on with no others.

    Raises:
        DataError: There are none.
    """

    def __init__(self, count: int, batch: int, seed: int, processes: Processes, sha256: str) -> None:
        if not count:
            raise DataError("there is nothing to learn from", hint="look at the data folder's report.html")
        self._count, self._batch, self._seed, self._processes, self._sha256 = count, batch, seed, processes, sha256
        self._sample = 0

    def next(self) -> list[int]:
        """Numbers of the next examples of this process."""
        first = self._sample + self._processes.rank * self._batch
        self.skip(1)
        return [self._place(first + each) for each in range(self._batch)]

    def _place(self, sample: int) -> int:
        epoch, number = divmod(sample, self._count)
        return int(permuted(np.array([number], np.uint64), self._count, self._seed * 1_000_003 + epoch)[0])

    def skip(self, batches: int) -> None:
        """Go on without these."""
        self._sample += batches * self._batch * self._processes.world

    def state(self) -> dict[str, Any]:
        """Where it stands."""
        return {"sample": self._sample, "seed": self._seed, "data_sha256": self._sha256}

    def load(self, state: dict[str, Any]) -> None:
        """Go on where `state()` was taken.

        Raises:
            DataError: The examples or the seed are others.
        """
        for name in ("seed", "data_sha256"):
            if state[name] != self.state()[name]:
                raise DataError(
                    "the run cannot go on with this data: {name} was {before} and is {now}", name=name,
                    before=state[name], now=self.state()[name],
                    hint="give the data and the recipe that the run began with, or begin a new run",
                )  # fmt: skip
        self._sample = int(state["sample"])


def sha256_of(examples: Iterable[Encoded]) -> str:
    """One hash of them all."""
    found = hashlib.sha256()
    for example in examples:
        found.update(np.asarray(example.ids, np.int64).tobytes() + np.asarray(example.learnt, bool).tobytes() + b".")
    return found.hexdigest()


def token_ids_of(examples: Iterable[Encoded]) -> frozenset[int]:
    """Every id that one of them holds."""
    return frozenset(chain.from_iterable(example.ids for example in examples))


def pack(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Which examples share a row of `room` positions: longest first, each where the least room is left for it.

    Best fit decreasing leaves a few positions in a hundred empty (Ding et al., 2024, https://arxiv.org/abs/2404.10830),
    where one row an example would leave most of them.
    """
    rows: list[list[int]] = []
    with_room: list[list[int]] = [[] for _ in range(room + 1)]  # numbers of rows, by what is left in them
    for number in sorted(range(len(lengths)), key=lambda each: (-lengths[each], each)):
        length = lengths[number]
        left = next((left for left in range(length, room + 1) if with_room[left]), None)
        if left is None:
            rows.append([])
            left, row = room, len(rows) - 1
        else:
            row = with_room[left].pop()
        rows[row].append(number)
        with_room[left - length].append(row)
    return rows


def packed_rows(examples: Sequence[Encoded], rows: Sequence[Sequence[int]], length: int) -> dict[str, Tensor]:
    """Tensors of rows that several examples share: `tokens`, `targets` and `documents`, each (B, T).

    Args:
        examples: All of them.
        rows: Numbers of those that share each row.
        length: T.
    """
    tokens_BT = torch.zeros(len(rows), length, dtype=torch.int64)
    targets_BT = torch.full_like(tokens_BT, IGNORE)
    # What is left over is a document of its own, of which nothing is learnt.
    documents_BT = torch.full_like(tokens_BT, length)
    for row, numbers in enumerate(rows):
        start = 0
        for document, number in enumerate(numbers):
            ids, learnt = torch.tensor(examples[number].ids), torch.tensor(examples[number].learnt)
            end = start + len(ids) - 1  # the last id is only told, never read
            tokens_BT[row, start:end] = ids[:-1]
            targets_BT[row, start:end] = torch.where(learnt[1:], ids[1:], IGNORE)
            documents_BT[row, start:end] = document
            start = end
    return {"tokens": tokens_BT, "targets": targets_BT, "documents": documents_BT}


def padded_rows(examples: Sequence[Encoded]) -> dict[str, Tensor]:
    """Tensors of one example a row, as long as the longest: `tokens` and `targets`, each (B, T).

    Attention is causal, so what fills up behind an example changes nothing in it, and needs no mask.
    """
    length = max(len(example.ids) for example in examples) - 1
    tokens_BT = torch.zeros(len(examples), length, dtype=torch.int64)
    targets_BT = torch.full_like(tokens_BT, IGNORE)
    for row, example in enumerate(examples):
        ids, learnt = torch.tensor(example.ids), torch.tensor(example.learnt)
        tokens_BT[row, : len(ids) - 1] = ids[:-1]
        targets_BT[row, : len(ids) - 1] = torch.where(learnt[1:], ids[1:], IGNORE)
    return {"tokens": tokens_BT, "targets": targets_BT}

"""Batches from token shards: shuffled, packed, and resumed at the exact sample.

Does: cut the long row of tokens into windows, visit them in an order that depends on the seed alone, share them
among processes, and say of each token which document it belongs to, so that no attention crosses documents.
Does not: put anything on a device; numpy is enough here.

Every epoch cuts the row at another offset, and visits the windows in another order. The order is a permutation that
is computed, not stored (a Feistel network: Luby and Rackoff, 1988, with cycle walking: Black and Rogaway, 2002), so
that shuffling a trillion tokens takes no memory, and going on at sample 10^9 takes no time.
"""

# Shape letters: B windows of a batch, T context, so that a window has T + 1 tokens.

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causerie.data.shards import TokenShards
from causerie.errors import DataError

IGNORED = -100
"""Target that no loss is taken of, as torch's cross entropy has it."""
_ROUNDS = 6


@dataclass(frozen=True)
class Batch:
    """Windows of tokens, as they lie one after the other in the shards."""

    tokens: NDArray[np.int64]
    """Shape (B, T + 1)."""
    documents: NDArray[np.int64]
    """Which document of the window each token belongs to, 0 upwards; shape (B, T + 1)."""
    epoch: int
    """Times that all windows had been seen before."""

    @property
    def inputs(self) -> NDArray[np.int64]:
        """What the model reads, shape (B, T)."""
        return self.tokens[:, :-1]

    @property
    def targets(self) -> NDArray[np.int64]:
        """What it should say next, shape (B, T); `IGNORED` where the next token begins another document."""
        crosses = self.documents[:, 1:] != self.documents[:, :-1]
        return np.where(crosses, IGNORED, self.tokens[:, 1:])


def permuted(numbers: NDArray[np.uint64], size: int, seed: int) -> NDArray[np.uint64]:
    """Where a shuffle of `range(size)` puts these numbers: each at another place, none at two.

    Args:
        numbers: Each below `size`.
        size: How many there are to shuffle.
        seed: Another seed gives another shuffle.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = np.uint64(2**half - 1)
    shift = np.uint64(half)
    keys = [_mixed(np.array([seed & (2**64 - 1), each], np.uint64)).sum(dtype=np.uint64) for each in range(_ROUNDS)]
    placed = numbers.astype(np.uint64)
    outside = np.ones(placed.shape, bool)
    while outside.any():  # the network shuffles a power of four: walk on until we are below `size` again
        left, right = placed[outside] >> shift, placed[outside] & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right ^ key) & mask)
        placed[outside] = (left << shift) | right
        outside = placed >= np.uint64(size)
    return placed


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each value scrambled (the finaliser of SplitMix64: Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Reader:
    """Batches without end; `for batch in reader`, or `reader.next()`.

    Args:
        shards: Where the tokens are.
        context: Tokens that the model reads at once, T.
        batch: Windows of a batch of one process, B.
        seed: Decides the order.
        rank: Which process this is, 0 to `world - 1`.
        world: How many processes share the data. Together they see what one would with `batch * world`.
        shuffle: False = in the order of the shards, always cut at the same places (for validation).

    Raises:
        DataError: There are fewer tokens than one window, or the numbers do not fit together.
    """

    def __init__(
        self,
        shards: TokenShards,
        context: int,
        batch: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        *,
        shuffle: bool = True,
    ) -> None:
        if not 0 <= rank < world:
            raise DataError("process {rank} of {world} cannot be", rank=rank, world=world)
        # One window less than there could be, so that every offset leaves the same number.
        self.windows = (len(shards) - 1) // context - int(shuffle)
        if self.windows < 1:
            raise DataError(
                "{folder} has {tokens} tokens: too few for a window of {context}",
                folder=str(shards.folder), tokens=len(shards), context=context,
                hint="give more text, or a smaller context",
            )  # fmt: skip
        self._shards = shards
        self._context, self._batch, self._seed = context, batch, seed
        self._rank, self._world, self._shuffle = rank, world, shuffle
        self._sample = 0

    @property
    def batches_per_epoch(self) -> int:
        """Whole batches of all processes together until every window was seen once."""
        return self.windows // (self._batch * self._world)

    def __iter__(self) -> "Reader":
        return self

    def __next__(self) -> Batch:
        return self.next()

    def next(self) -> Batch:
        """The next batch of this process."""
        first = self._sample + self._rank * self._batch
        tokens = np.empty((self._batch, self._context + 1), np.int64)
        documents = np.empty_like(tokens)
        for row, start in enumerate(self._starts(first, self._batch)):
            tokens[row], numbers = self._shards.slice(start, self._context + 1)
            documents[row] = numbers - numbers[0]
        epoch = self._sample // self.windows
        self._sample += self._batch * self._world
        return Batch(tokens, documents, epoch)

    def _starts(self, first: int, count: int) -> list[int]:
        """Where the windows of these samples begin in the shards; they may lie in several epochs."""
        starts: list[int] = []
        while count:
            epoch, number = divmod(first, self.windows)
            taken = min(count, self.windows - number)
            numbers = np.arange(number, number + taken, dtype=np.uint64)
            offset = 0
            if self._shuffle:
                seed = self._seed * 1_000_003 + epoch
                offset = int(_mixed(np.array([seed & (2**64 - 1)], np.uint64))[0] % np.uint64(self._context))
                numbers = permuted(numbers, self.windows, seed)
            starts += [offset + int(place) * self._context for place in numbers]
            first, count = first + taken, count - taken
        return starts

    def skip(self, batches: int = 1) -> None:
        """Go on without these batches: after a loss spike, say."""
        self._sample += batches * self._batch * self._world

    def state(self) -> dict[str, Any]:
        """Where it stands, for a checkpoint: plain numbers and strings."""
        return {
            "sample": self._sample,
            "seed": self._seed,
            "context": self._context,
            "shuffle": self._shuffle,
            "data_sha256": self._shards.manifest.sha256(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on where `state()` was taken, with any number of processes and any batch.

        Raises:
            DataError: The data, the seed or the context are not those of the state.
        """
        for name, here in self.state().items():
            if name != "sample" and state.get(name) != here:
                raise DataError(
                    "the run cannot go on with these shards: {name} was {before} and is {now}",
                    name=name, before=state.get(name), now=here,
                    hint="give the shards and the recipe that the run began with, or begin a new run",
                )  # fmt: skip
        self._sample = int(state["sample"])

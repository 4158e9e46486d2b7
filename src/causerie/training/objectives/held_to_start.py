"""What dpo and kto share: a model that is held to its start, learning from two answers at each place.

Does: draw places, lay both answers of each side by side with what the start thought of them, and go on after a
checkpoint.
Does not: say what the two answers are to each other, or their loss; that is an objective's own.
"""

# Shape letters: N places, T positions; rows 0 to N - 1 are the first answers, rows N to 2 N - 1 the second.

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from causerie.training.contract import MicroBatch
from causerie.training.conversations import Encoder
from causerie.training.examples import Encoded, Order, padded_rows, sha256_of, token_ids_of
from causerie.training.objectives.reference import answer_log_probabilities, of_the_start
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe


class HeldToStart:
    """All of such an objective but its loss.

    Args:
        recipe: How many places at once.
        processes: Which of them are this process's.
        encoder: What made the answers.
        first: An answer for each place: those to learn from, then those to measure on.
        second: Another for each.
        learnt: How many places there are to learn from.
        known_by: The examples by which a resumed run knows that its data is the same.
    """

    bytes_per_target = 0.0

    def __init__(
        self,
        recipe: Recipe,
        processes: Processes,
        encoder: Encoder,
        first: Sequence[Encoded],
        second: Sequence[Encoded],
        learnt: int,
        known_by: Sequence[Encoded],
    ) -> None:
        self._recipe, self._processes = recipe, processes
        self._first, self._second = first, second
        self._measured = range(learnt, len(first))
        self._order = Order(learnt, recipe.batch.micro_size, recipe.seed, processes, sha256_of(known_by))
        self._reference = torch.empty(0)
        self.left_out = encoder.left_out
        self.sequences, self.vocabulary = learnt, encoder.tokenizer.size
        self.token_ids = token_ids_of((*first, *second))

    def begin(self, model: nn.Module, folder: Path) -> None:
        """What the start thinks of every answer."""
        rows = [*self._first, *self._second]
        at_once = 2 * self._recipe.batch.micro_size
        self._reference = of_the_start(model, rows, folder, self._processes, at_once).view(2, -1)

    def next(self) -> MicroBatch:
        """The next places."""
        return self._micro(self._order.next())

    def _micro(self, numbers: Sequence[int]) -> MicroBatch:
        rows = [self._first[number] for number in numbers] + [self._second[number] for number in numbers]
        tensors = padded_rows(rows) | {"reference": self._reference[:, list(numbers)], **self._more(numbers)}
        return MicroBatch(tensors, len(numbers), tensors["tokens"].numel())

    def _more(self, numbers: Sequence[int]) -> Mapping[str, Tensor]:
        """What else the loss reads of these places."""
        del numbers
        return {}

    def _now(self, model: nn.Module, batch: MicroBatch) -> Tensor:
        """Log-probabilities of first (row 0) and second answers (row 1), in nats, shape (2, N)."""
        given = batch.tensors
        return answer_log_probabilities(model, given["tokens"], given["targets"]).view(2, -1)

    def skip(self, batches: int) -> None:
        """Without the next places."""
        self._order.skip(batches)

    def state(self) -> dict[str, Any]:
        """Of the order."""
        return self._order.state()

    def load(self, state: dict[str, Any]) -> None:
        """Of the order."""
        self._order.load(state)

    def held_out(self) -> Iterator[MicroBatch]:
        """Places of the validation part; those that cannot be shared evenly are left out."""
        world = self._processes.world
        count = min(len(self._measured), self._recipe.evaluation.sequences) // world
        own = self._measured[self._processes.rank * count :][:count]
        for start in range(0, count, self._recipe.batch.micro_size):
            yield self._micro(own[start : start + self._recipe.batch.micro_size])

"""Supervised fine-tuning: learn what the assistant said, and nothing else.

Does: pack whole conversations into rows, so that hardly a position is wasted, none seeing another;
take the cross-entropy of the assistant's tokens, as the chat template itself marks them.
Does not: learn questions, cut conversations, or train on positions that hold nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from causerie.training.contract import Loss, MicroBatch
from causerie.training.conversations import conversations, encoder_of, some
from causerie.training.examples import Encoded, Order, pack, packed_rows, sha256_of, token_ids_of
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe


class SupervisedFineTuning:
    """The objective.

    Args:
        recipe: Where the conversations are, how many rows at once.
        processes: Which of them are this process's.

    Raises:
        DataError: There are no conversations, or none fits.
    """

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        self._recipe, self._processes = recipe, processes
        encoder = encoder_of(recipe)
        self._examples = some(conversations(recipe, encoder, "train"), recipe, "conversations")
        self.left_out = encoder.left_out
        self._rows = self._packed(self._examples)
        self._measured = list(conversations(recipe, encoder, "validation")) if recipe.data.validation else []
        self._order = Order(
            len(self._rows), recipe.batch.micro_size, recipe.seed, processes, sha256_of(self._examples)
        )
        self.sequences, self.vocabulary = len(self._rows), encoder.tokenizer.size
        self.token_ids = token_ids_of(self._examples)
        lengths = encoder.tokenizer.byte_lengths
        learnt = [token for each in self._examples for token, own in zip(each.ids, each.learnt, strict=True) if own]
        self.bytes_per_target = float(lengths[learnt].mean())

    def _packed(self, examples: list[Encoded]) -> list[list[int]]:
        return pack([len(example.ids) - 1 for example in examples], self._recipe.model.context)

    def begin(self, model: nn.Module, folder: Path) -> None:
        """Nothing is needed."""

    def next(self) -> MicroBatch:
        """The next rows."""
        return self._micro(self._examples, [self._rows[number] for number in self._order.next()])

    def _micro(self, examples: list[Encoded], rows: list[list[int]]) -> MicroBatch:
        tensors = packed_rows(examples, rows, self._recipe.model.context)
        return MicroBatch(tensors, int((tensors["targets"] >= 0).sum()), tensors["tokens"].numel())

    def skip(self, batches: int) -> None:
        """Without the next rows."""
        self._order.skip(batches)

    def state(self) -> dict[str, Any]:
        """Of the order."""
        return self._order.state()

    def load(self, state: dict[str, Any]) -> None:
        """Of the order."""
        self._order.load(state)

    def held_out(self) -> Iterator[MicroBatch]:
        """Rows of the validation part; a process that has fewer than another measures empty ones."""
        rows = self._packed(self._measured)[: self._recipe.evaluation.sequences]
        together = self._recipe.batch.micro_size * self._processes.world
        for start in range(0, len(rows), together):
            own = rows[start : start + together][self._processes.rank :: self._processes.world]
            yield self._micro(self._measured, own or [[]])

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """Cross-entropy of the assistant's tokens, in nats."""
        given = batch.tensors
        z_loss = self._recipe.optimiser.z_loss
        summed = model(given["tokens"], given["documents"], given["targets"], z_loss=z_loss)
        return Loss(summed.total, {"cross_entropy": summed.cross_entropy})

"""Direct preference optimisation: of two answers, make the better one likelier and the worse one less so.

    loss = -log sigmoid(beta * (gain of the better answer - gain of the worse one))
    gain = log-probability now - log-probability at the start, of the whole answer

Does: this loss, with the start's log-probabilities computed once (`reference.py`).
Does not: keep a reference model.
Source: Rafailov et al., 2023, Direct Preference Optimization. https://arxiv.org/abs/2305.18290
"""

# Shape letters: P pairs, T positions; rows 0 to P - 1 are the better answers, rows P to 2 P - 1 the worse ones.

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from causerie.training.contract import Loss, MicroBatch
from causerie.training.conversations import encoder_of, pairs, some
from causerie.training.examples import Encoded, Order, padded_rows, sha256_of
from causerie.training.objectives.reference import answer_log_probabilities, of_the_start
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe


class DirectPreferences:
    """The objective.

    Args:
        recipe: Where the pairs are, how many at once.
        processes: Which of them are this process's.

    Raises:
        DataError: There are no pairs, or none fits.
    """

    bytes_per_target = 0.0

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        self._recipe, self._processes = recipe, processes
        encoder = encoder_of(recipe)
        learnt = some(pairs(recipe, encoder, "train"), recipe, "preferences")
        measured = list(pairs(recipe, encoder, "validation")) if recipe.data.validation else []
        self.left_out = encoder.left_out
        self._pairs = [*learnt, *measured]
        self._measured = range(len(learnt), len(self._pairs))
        self._order = Order(len(learnt), recipe.batch.micro_size, recipe.seed, processes, sha256_of(self._answers()))
        self.sequences, self.vocabulary = len(learnt), encoder.tokenizer.size
        self._reference = torch.empty(0)

    def _answers(self) -> list[Encoded]:
        """Every better answer, then every worse one."""
        return [better for better, _ in self._pairs] + [worse for _, worse in self._pairs]

    def begin(self, model: nn.Module, folder: Path) -> None:
        """What the start thinks of every answer."""
        at_once = 2 * self._recipe.batch.micro_size
        self._reference = of_the_start(model, self._answers(), folder, self._processes, at_once).view(2, -1)

    def next(self) -> MicroBatch:
        """The next pairs."""
        return self._micro(self._order.next())

    def _micro(self, numbers: Sequence[int]) -> MicroBatch:
        rows = [self._pairs[number][0] for number in numbers] + [self._pairs[number][1] for number in numbers]
        tensors = padded_rows(rows) | {"reference": self._reference[:, list(numbers)]}
        return MicroBatch(tensors, len(numbers), tensors["tokens"].numel())

    def skip(self, batches: int) -> None:
        """Without the next pairs."""
        self._order.skip(batches)

    def state(self) -> dict[str, Any]:
        """Of the order."""
        return self._order.state()

    def load(self, state: dict[str, Any]) -> None:
        """Of the order."""
        self._order.load(state)

    def held_out(self) -> Iterator[MicroBatch]:
        """Pairs of the validation part; those that cannot be shared evenly are left out."""
        world = self._processes.world
        count = min(len(self._measured), self._recipe.evaluation.sequences) // world
        own = self._measured[self._processes.rank * count :][:count]
        for start in range(0, count, self._recipe.batch.micro_size):
            yield self._micro(own[start : start + self._recipe.batch.micro_size])

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """Summed over the pairs, in nats; and how often, and by how much, the better answer gained more."""
        given = batch.tensors
        now_2P = answer_log_probabilities(model, given["tokens"], given["targets"]).view(2, -1)
        return dpo_loss(now_2P, given["reference"], self._recipe.preferences.beta)


def dpo_loss(now_2P: Tensor, reference_2P: Tensor, beta: float) -> Loss:
    """The loss of pairs, summed.

    Args:
        now_2P: Log-probabilities of better (row 0) and worse answers (row 1), in nats, float32.
        reference_2P: The same at the start.
        beta: How strongly the model is held to it.
    """
    gain_2P = now_2P - reference_2P
    margin_P = gain_2P[0] - gain_2P[1]
    total = -logsigmoid(beta * margin_P).sum()
    return Loss(total, {"accuracy": (margin_P > 0).float().sum(), "margin": margin_P.detach().sum()})

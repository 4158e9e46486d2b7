"""Kahneman-Tversky optimisation: thumbs up and thumbs down, each by itself, without a pair.

    loss = weight * (1 - sigmoid(beta * (gain - z)))      of a good answer
    loss = weight * (1 - sigmoid(beta * (z - gain)))      of a bad one
    gain = log-probability now - log-probability at the start, of the whole answer
    z    = how far the model has moved on the whole: the mean gain of answers to other questions, at least 0

Does: this loss, with the start's log-probabilities computed once (`reference.py`); z is taken over a micro-batch, so
a larger one makes it steadier.
Does not: learn from z: no gradient goes through it.
Source: Ethayarajh et al., 2024, KTO: Model Alignment as Prospect Theoretic Optimization.
https://arxiv.org/abs/2402.01306
"""

# Shape letters: N answers; the second answer at each place is one to another question.

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from causerie.data.reader import permuted
from causerie.training.contract import Loss, MicroBatch
from causerie.training.conversations import encoder_of, judgements, some
from causerie.training.examples import Encoded
from causerie.training.objectives.held_to_start import HeldToStart
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe


class Judgements(HeldToStart):
    """The objective.

    Args:
        recipe: Where the answers are, how many at once.
        processes: Which of them are this process's.

    Raises:
        DataError: There are no answers, or none fits.
    """

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        encoder = encoder_of(recipe)
        learnt = some(judgements(recipe, encoder, "train"), recipe, "judgements")
        measured = list(judgements(recipe, encoder, "validation")) if recipe.data.validation else []
        answers = [answer for answer, _ in (*learnt, *measured)]
        self._good = torch.tensor([good for _, good in (*learnt, *measured)])
        others = _answers_to_other_questions(answers, recipe.model.context)
        super().__init__(recipe, processes, encoder, answers, others, len(learnt), known_by=answers)

    def _more(self, numbers: Sequence[int]) -> Mapping[str, Tensor]:
        return {"good": self._good[list(numbers)]}

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """Summed over the answers."""
        given, settings = batch.tensors, self._recipe.preferences
        weights = (settings.bad_weight, settings.good_weight)
        return kto_loss(self._now(model, batch), given["reference"], given["good"], settings.beta, weights)


def kto_loss(now_2N: Tensor, reference_2N: Tensor, good_N: Tensor, beta: float, weights: tuple[float, float]) -> Loss:
    """The loss of answers, summed.

    Args:
        now_2N: Log-probabilities of the answers (row 0) and of answers to other questions (row 1), in nats, float32.
        reference_2N: The same at the start.
        good_N: Whether each is good.
        beta: How strongly the model is held to its start.
        weights: Of bad answers, and of good ones.
    """
    gain_N, other_N = now_2N - reference_2N
    moved = other_N.detach().mean().clamp(min=0)
    sign_N = torch.where(good_N, 1.0, -1.0)
    weight_N = torch.where(good_N, weights[1], weights[0])
    total = (weight_N * (1 - torch.sigmoid(beta * sign_N * (gain_N - moved)))).sum()
    right_N = (gain_N > moved) == good_N
    return Loss(total, {"accuracy": right_N.float().sum(), "moved": moved * len(good_N)})


def _answers_to_other_questions(answers: list[Encoded], context: int) -> list[Encoded]:
    """Each question with an answer drawn from all, cut where it does not fit; the same draw each time."""
    made = []
    drawn = permuted(np.arange(len(answers), dtype=np.uint64), len(answers), seed=0)
    for question, number in zip(answers, drawn.tolist(), strict=True):
        answer = answers[number]
        asked = question.ids[: question.learnt.index(True)]
        said = answer.ids[answer.learnt.index(True) :][: max(1, context + 1 - len(asked))]
        made.append(Encoded(asked + said, (False,) * len(asked) + (True,) * len(said)))
    return made

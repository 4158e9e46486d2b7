"""Direct preference optimisation: of two answers, make the better one likelier and the worse one less so.

    loss = -log sigmoid(beta * (gain of the better answer - gain of the worse one))
    gain = log-probability now - log-probability at the start, of the whole answer

Does: this loss, with the start's log-probabilities computed once (`reference.py`).
Does not: keep a reference model.
Source: Rafailov et al., 2023, Direct Preference Optimization. https://arxiv.org/abs/2305.18290
"""

# Shape letters: P pairs; the first answer of each is the better one.

from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from causerie.training.contract import Loss, MicroBatch
from causerie.training.conversations import encoder_of, pairs, some
from causerie.training.objectives.held_to_start import HeldToStart
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe


class DirectPreferences(HeldToStart):
    """The objective.

    Args:
        recipe: Where the pairs are, how many at once.
        processes: Which of them are this process's.

    Raises:
        DataError: There are no pairs, or none fits.
    """

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        encoder = encoder_of(recipe)
        learnt = some(pairs(recipe, encoder, "train"), recipe, "preferences")
        measured = list(pairs(recipe, encoder, "validation")) if recipe.data.validation else []
        better = [pair[0] for pair in (*learnt, *measured)]
        worse = [pair[1] for pair in (*learnt, *measured)]
        super().__init__(recipe, processes, encoder, better, worse, len(learnt), known_by=[*better, *worse])

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """Summed over the pairs, in nats; and how often, and by how much, the better answer gained more."""
        return dpo_loss(self._now(model, batch), batch.tensors["reference"], self._recipe.preferences.beta)


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

"""When the loss jumps or is no number: how that is seen.

Does: keep the last losses, and say whether a new one is a spike.
Does not: go back; `trainer.py` does, to the last checkpoint, and skips the batch. (PaLM did so by hand: Chowdhery et
al., 2022, section 5.1.)
"""

import math
from collections.abc import Iterable

from causerie.training.recipe import Recovery

_LEAST_DEVIATION = 0.02
"""Of the mean: where the loss hardly moves, a small step up is no spike."""


class Spikes:
    """The last losses of a run."""

    def __init__(self, settings: Recovery, losses: Iterable[float] = ()) -> None:
        self._settings = settings
        self.losses = list(losses)

    def reason(self, loss: float, gradient_norm: float) -> str | None:
        """Why a step must not be taken; None where it may, and then its loss is remembered."""
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if not math.isfinite(gradient_norm):
            return f"the gradient's norm is {gradient_norm}"
        if len(self.losses) >= self._settings.window:
            mean = math.fsum(self.losses) / len(self.losses)
            variance = math.fsum((each - mean) ** 2 for each in self.losses) / len(self.losses)
            most = mean + self._settings.spike * max(math.sqrt(variance), _LEAST_DEVIATION * mean)
            if loss > most:
                return f"the loss is {loss:.3f}, where {most:.3f} would be much"
        self.losses = [*self.losses, loss][-self._settings.window :]
        return None

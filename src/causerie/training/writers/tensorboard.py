"""TensorBoard: an event file of curves and samples.

Look at it:  tensorboard --logdir runs
"""

from typing import TYPE_CHECKING

from causerie.training.events import Event
from causerie.training.writers.contract import Place, imported, numbers

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

PACKAGE = "tensorboard"


class TensorBoard:
    """A run's event files."""

    def __init__(self, place: Place) -> None:
        self._folder = str(place.folder)
        self._file = self._opened(None)
        rows = (f"| {key} | `{value}` |" for key, value in place.settings.items())
        self._file.add_text("recipe", "\n".join(["| key | value |", "|---|---|", *rows]))

    def _opened(self, first_step: int | None) -> "SummaryWriter":
        imported(PACKAGE)
        from torch.utils.tensorboard.writer import SummaryWriter

        return SummaryWriter(self._folder, purge_step=first_step)

    def write(self, event: Event) -> None:
        """Numbers and samples; where a run goes back, what came after is shown no more."""
        if "checkpoint_step" in event.facts:
            self._file.close()
            self._file = self._opened(event.facts["checkpoint_step"] + 1)
        for name, value in numbers(event).items():
            self._file.add_scalar(name, value, event.step)
        if event.kind == "sample":
            self._file.add_text(f"sample/{event.facts['prompt']}", event.facts["text"], event.step)

    def close(self) -> None:
        """Write out what is waiting."""
        self._file.close()

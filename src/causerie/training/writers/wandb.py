"""Weights & Biases, offline: nothing leaves the machine until somebody sends it.

Send it:  wandb sync runs/starter/writers/wandb/wandb/offline-run-*
"""

import secrets
from typing import Any

from causerie.training.events import Event
from causerie.training.writers.contract import Place, imported, kept_id, numbers

PACKAGE = "wandb"


class WeightsAndBiases:
    """A run of Weights & Biases."""

    def __init__(self, place: Place) -> None:
        wandb = imported(PACKAGE)
        known = kept_id(place.folder) or kept_id(place.folder, secrets.token_hex(4))
        self._run: Any = wandb.init(
            mode="offline", dir=str(place.folder), project=place.project, name=place.run, id=known,
            config=dict(place.settings),
            # It must not print into the panel, look into the repository, or take the signals that end a run.
            settings=wandb.Settings(console="off", silent=True, disable_git=True, save_code=False),
        )  # fmt: skip
        # Steps of our own: those of wandb cannot go back, as a run does after a spike.
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        self._ended = False

    def write(self, event: Event) -> None:
        """Numbers and samples."""
        found: dict[str, object] = dict(numbers(event))
        if event.kind == "sample":
            found[f"sample/{event.facts['prompt']}"] = event.facts["text"]
        if found:
            self._run.log({"step": event.step, **found})
        self._ended = self._ended or event.kind == "end"

    def close(self) -> None:
        """Write out what is waiting."""
        self._run.finish(exit_code=0 if self._ended else 1)

"""What a writer is: told of every event of a run, it keeps what its program can show.

Does: define it, and take from an event the numbers and the texts that all programs can show.
Does not: know a program; those are one file each, by name in `table.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, Protocol

from causerie.data.packages import needed
from causerie.training.events import Event

EXTRA = "causerie[writers]"
SILENCE = {"MLFLOW_DISABLE_TELEMETRY": "true", "WANDB_ERROR_REPORTING": "false"}
"""Read by these packages when they are imported: a run tells nothing to their makers."""

PREFIXES = {"step": "train", "evaluation": "held_out"}
"""Events with numbers, and what these are grouped under."""


class Place(NamedTuple):
    """Where a writer writes, and for what."""

    folder: Path
    """Its own, below the run's; it is there already."""
    run: str
    """Name of the run."""
    project: str
    """Name of what the run belongs to."""
    settings: Mapping[str, str | int | float | bool]
    """Every key of the recipe, as `batch.size`."""
    address: str
    """Where the program keeps its runs, if that is somewhere else (empty = in the folder)."""


class Writer(Protocol):
    """One program's."""

    def write(self, event: Event) -> None:
        """Keep what happened."""
        ...

    def close(self) -> None:
        """Bring all of it to the disk; nothing comes after this."""
        ...


def imported(package: str) -> ModuleType:
    """A writer's package.

    Raises:
        ConfigError: It is not installed; the hint names the extra.
    """
    os.environ.update(SILENCE)  # noqa: TID251 - they have no other way to be told
    return needed(package, extra=EXTRA)[0]


def numbers(event: Event) -> dict[str, float]:
    """What an event measured, as `train/loss` or `held_out/bits_per_byte`; empty for events without numbers."""
    prefix = PREFIXES.get(event.kind)
    if prefix is None:
        return {}
    return {
        f"{prefix}/{name}": float(value) for name, value in event.facts.items() if isinstance(value, (int, float))
    }


def kept_id(folder: Path, new: str = "") -> str:
    """The name that a program gave this run when it began, so that a resumed one goes on there (empty = none yet).

    Args:
        folder: The writer's own.
        new: To be kept from now on.
    """
    path = folder / "id.txt"
    if new:
        path.write_text(new, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.is_file() else ""

"""How far a run may go: what its lineage has spent, and where it must stop and wait for people.

Does: hold what was decided above this room, as plain numbers that a file or another process can carry; say whether a
run would pass its limit.
Does not: decide; whoever begins a run hands the permit down (`registry/pause.py` makes it from the policy).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from causerie.errors import RunPaused


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What a run may spend."""

    before_flops: float = 0.0
    """Operations that went into what the run goes on from, all ancestors together."""
    most_flops: float = math.inf
    """Operations of the lineage, this run included, that must not be passed."""
    threshold: str = ""
    """Name of that limit, for people."""
    stop: Literal["start", "checkpoint"] = "start"
    """Whether a run that would pass it does not begin, or stops at the last step before it does."""
    blocked: str = ""
    """Name of the reference model that the start passes already: nothing is trained on it (empty = none)."""

    def refuse_at_start(self, run: str, flops: float) -> None:
        """Stop a run before its first step.

        Args:
            run: Its folder, for the message.
            flops: Operations that the whole run will take.

        Raises:
            RunPaused: It would pass the limit, or nothing may be trained on its start.
        """
        if self.blocked:
            raise RunPaused(
                "{run} waits for two signatures: what it goes on from passes {threshold}", run=run,
                threshold=self.blocked, flops=self.before_flops + flops,
                hint="two people sign with `causerie release sign`, then resume the run",
            )  # fmt: skip
        if self.stop == "start" and self.before_flops + flops > self.most_flops:
            raise self.pause(run, flops)

    def is_reached(self, flops: float, next_flops: float) -> bool:
        """Whether the next step would pass the limit.

        Args:
            flops: Operations of the run so far.
            next_flops: Operations of one step.
        """
        return self.before_flops + flops + next_flops > self.most_flops

    def pause(self, run: str, flops: float) -> RunPaused:
        """The error for a run that must wait; `flops` are those that it wants in all."""
        return RunPaused(
            "{run} waits for two signatures: with it the lineage would have {flops:.2e} operations, past {threshold}",
            run=run, threshold=self.threshold, flops=self.before_flops + flops,
            hint="two people sign with `causerie release sign`, then resume the run",
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; no limit is null."""
        known = asdict(self)
        return known | {"most_flops": None if math.isinf(self.most_flops) else self.most_flops}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Permit":
        """From a JSON object."""
        most = value.get("most_flops")
        return cls(**{**value, "most_flops": math.inf if most is None else float(most)})


EVERYTHING = Permit()
"""For runs that nobody limits."""
